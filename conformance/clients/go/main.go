// Informer, CRUD and server-side apply through client-go, once as JSON and once as protobuf.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
)

const label = "client=go"

func main() {
	for _, contentType := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
		if err := exercise(contentType, os.Getenv("NAMESPACE")); err != nil {
			fmt.Fprintf(os.Stderr, "go, %s: %v\n", contentType, err)
			os.Exit(1)
		}
	}
	fmt.Println("go: passed")
}

func exercise(contentType, namespace string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.ContentType = contentType
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	seen := startInformer(ctx, client, namespace)
	maps := client.CoreV1().ConfigMaps(namespace)

	created, err := maps.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "go-", Labels: map[string]string{"client": "go"}},
		Data:       map[string]string{"step": "created"},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	name := created.Name
	if err := expect(ctx, seen, "added "+name+" created"); err != nil {
		return err
	}

	stale := created.DeepCopy()
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := maps.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Data["step"] = "updated"
		_, err = maps.Update(ctx, current, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if err := expect(ctx, seen, "updated "+name+" updated"); err != nil {
		return err
	}
	if _, err := maps.Update(ctx, stale, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("a stale update gave %v instead of a conflict", err)
	}

	patch := []byte(`{"data":{"step":"patched"}}`)
	if _, err := maps.Patch(ctx, name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("patch: %w", err)
	}
	if err := expect(ctx, seen, "updated "+name+" patched"); err != nil {
		return err
	}

	apply := applycorev1.ConfigMap(name, namespace).WithData(map[string]string{"step": "applied"})
	if _, err := maps.Apply(ctx, apply, metav1.ApplyOptions{FieldManager: "go"}); !apierrors.IsConflict(err) {
		return fmt.Errorf("apply over another's field gave %v instead of a conflict", err)
	}
	if _, err := maps.Apply(ctx, apply, metav1.ApplyOptions{FieldManager: "go", Force: true}); err != nil {
		return fmt.Errorf("forced apply: %w", err)
	}
	if err := expect(ctx, seen, "updated "+name+" applied"); err != nil {
		return err
	}

	list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: label, FieldSelector: "metadata.name=" + name})
	if err != nil || len(list.Items) != 1 {
		return fmt.Errorf("list: %d items, %v", len(list.Items), err)
	}
	if err := maps.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if _, err := maps.Get(ctx, name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Errorf("get after delete gave %v instead of not found", err)
	}
	return expect(ctx, seen, "deleted "+name+" applied")
}

func startInformer(ctx context.Context, client kubernetes.Interface, namespace string) <-chan string {
	seen := make(chan string, 100)
	report := func(event string, object any) {
		if configMap, ok := object.(*corev1.ConfigMap); ok {
			seen <- event + " " + configMap.Name + " " + configMap.Data["step"]
		}
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = label }))
	informer := factory.Core().V1().ConfigMaps().Informer()
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { report("added", object) },
		UpdateFunc: func(_, object any) { report("updated", object) },
		DeleteFunc: func(object any) { report("deleted", object) },
	})
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return seen
}

func expect(ctx context.Context, seen <-chan string, want string) error {
	select {
	case got := <-seen:
		if got != want {
			return fmt.Errorf("the informer saw %q instead of %q", got, want)
		}
		return nil
	case <-ctx.Done():
		return errors.New("the informer never saw " + want)
	}
}
