/**
 * Replaces `$(NAME)` by the value of NAME. `$$` stands for one `$`, unknown names and lone `$` stay as they are.
 * @source kubernetes third_party/forked/golang/expansion (from knowledge)
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name?: string) => {
    if (name === undefined) return '$';
    return lookup(name) ?? whole;
  });
}
