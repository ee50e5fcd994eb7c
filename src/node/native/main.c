/* skiff-pod: started by the daemon in the run folder, with its socket as descriptor 3. */
#include "skiff.h"

int main(void) {
    struct stat st;
    if (fstat(3, &st) || !S_ISSOCK(st.st_mode)) {
        fprintf(stderr, "skiff-pod runs Pods for Skiff and is started by it.\n");
        return 2;
    }
    fcntl(3, F_SETFD, FD_CLOEXEC);
    if (getuid() != 0) stay_outside(3);
    return spawner_main(3);
}
