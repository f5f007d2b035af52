// apiserver - an API server of Kubernetes' own code with its etcd inside, on loopback, for as long as a test needs it.
//
//	apiserver FOLDER ETCD_PORT PEER_PORT [flags of kube-apiserver]
//
// FOLDER is where etcd keeps what it is told. Nothing schedules, runs or controls what is created here: it is asked
// whether it would be taken.
package main

import (
	"fmt"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

const readyTimeout = 60 * time.Second

func loopback(port string) url.URL {
	return url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
}

// startEtcd gives back once it answers.
func startEtcd(folder, clientPort, peerPort string) error {
	config := embed.NewConfig()
	config.Dir = folder
	config.LogLevel = "error"
	config.UnsafeNoFsync = true // nobody needs it after the test
	client, peer := loopback(clientPort), loopback(peerPort)
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return fmt.Errorf("etcd at %s: %w", client.Host, err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return nil
	case <-time.After(readyTimeout):
		return fmt.Errorf("etcd at %s was not ready in %s", client.Host, readyTimeout)
	}
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: apiserver FOLDER ETCD_PORT PEER_PORT [flags of kube-apiserver]")
		os.Exit(2)
	}
	if err := startEtcd(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	client := loopback(os.Args[2])
	command := app.NewAPIServerCommand()
	command.SetArgs(append([]string{"--etcd-servers=" + client.String()}, os.Args[4:]...))
	os.Exit(cli.Run(command))
}
