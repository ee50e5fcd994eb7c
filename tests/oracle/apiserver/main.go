// Command apiserver serves CRDs as the real library does: k8s.io/apiextensions-apiserver on an embedded etcd
// with fsync, over TLS, for the one token it prints. It ends when its standard input does.
package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"
)

// Nothing listens there: the library wants a client for core kinds, which no CRD needs.
const noCore = `{"apiVersion":"v1","kind":"Config","current-context":"none",` +
	`"clusters":[{"name":"none","cluster":{"server":"http://127.0.0.1:1"}}],` +
	`"contexts":[{"name":"none","context":{"cluster":"none","user":"none"}}],"users":[{"name":"none","user":{}}]}`

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: apiserver FOLDER"))
	}
	home := os.Args[1]
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	etcd, err := startEtcd(filepath.Join(home, "etcd"))
	fail(err)
	defer etcd.Close()
	fail(serve(home, etcd.Clients[0].Addr().String()))
}

func startEtcd(dir string) (*embed.Etcd, error) {
	c := embed.NewConfig()
	c.Dir = dir
	c.LogLevel = "panic"
	any := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{any}, []url.URL{any}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{any}, []url.URL{any}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	e, err := embed.StartEtcd(c)
	if err != nil {
		return nil, err
	}
	select {
	case <-e.Server.ReadyNotify():
		return e, nil
	case <-time.After(time.Minute):
		return nil, fmt.Errorf("etcd is not ready")
	}
}

func serve(home, etcd string) error {
	kubeconfig := filepath.Join(home, "no-core")
	if err := os.WriteFile(kubeconfig, []byte(noCore), 0o600); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o := options.NewCustomResourceDefinitionsServerOptions(io.Discard, io.Discard)
	r := o.RecommendedOptions
	r.Etcd.StorageConfig.Transport.ServerList = []string{"http://" + etcd}
	r.SecureServing.Listener = listener
	r.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	r.SecureServing.ServerCert.CertDirectory = home
	r.CoreAPI.CoreAPIKubeconfigPath = kubeconfig
	r.Features.EnablePriorityAndFairness = false
	r.Authentication, r.Authorization, r.Admission = nil, nil, nil
	if err := o.Complete(); err != nil {
		return err
	}
	config, err := o.Config()
	if err != nil {
		return err
	}
	token, err := newToken()
	if err != nil {
		return err
	}
	config.GenericConfig.Authentication.Authenticator = bearer(token)
	server, err := config.Complete().New(genericapiserver.NewEmptyDelegate())
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	server.GenericAPIServer.AddPostStartHookOrDie("say-ready", func(genericapiserver.PostStartHookContext) error {
		return json.NewEncoder(os.Stdout).Encode(map[string]string{"url": "https://" + listener.Addr().String(), "token": token})
	})
	return server.GenericAPIServer.PrepareRun().Run(stop)
}

func newToken() (string, error) {
	b := make([]byte, 16)
	_, err := rand.Read(b)
	return hex.EncodeToString(b), err
}

func bearer(token string) authenticator.Request {
	return authenticator.RequestFunc(func(r *http.Request) (*authenticator.Response, bool, error) {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			return nil, false, nil
		}
		return &authenticator.Response{User: &user.DefaultInfo{Name: "oracle", Groups: []string{user.SystemPrivilegedGroup}}}, true, nil
	})
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
