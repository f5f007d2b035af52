# What matters to us in k8s/, whatever renders it: each `deny` is a sentence about one object. The whole
# overlay is the input, as `kubectl kustomize FOLDER | conftest test --combine -p tests/contract/policies -`
# makes it; tests/contract/kubernetes_policies_test.py runs it without.
package main

import rego.v1

objects := [document.contents | some document in input]

workloads := [object | some object in objects; object.kind in {"Deployment", "StatefulSet", "Job", "CronJob"}]

long_lived := [object | some object in workloads; object.kind in {"Deployment", "StatefulSet"}]

pod(object) := object.spec.jobTemplate.spec.template if object.kind == "CronJob"

pod(object) := object.spec.template if object.kind != "CronJob"

# (workload, one of its containers), of every kind that there is.
containers contains [object, container] if {
	some object in workloads
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some container in object.spec.template.spec[list]
}

containers contains [object, container] if {
	some object in workloads
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some container in object.spec.jobTemplate.spec.template.spec[list]
}

name(object) := sprintf("%s %s", [object.kind, object.metadata.name])

# --- The restricted profile -------------------------------------------------------------------------

deny contains sprintf("%s may run as root", [name(object)]) if {
	some object in workloads
	not pod(object).spec.securityContext.runAsNonRoot == true
}

deny contains sprintf("%s runs as a user that may be somebody's", [name(object)]) if {
	some object in workloads
	not pod(object).spec.securityContext.runAsUser > 10000
}

deny contains sprintf("%s may make any system call", [name(object)]) if {
	some object in workloads
	not pod(object).spec.securityContext.seccompProfile.type == "RuntimeDefault"
}

deny contains sprintf("%s shares its node's %s", [name(object), what]) if {
	some object in workloads
	some what in ["hostNetwork", "hostPID", "hostIPC"]
	pod(object).spec[what]
}

deny contains sprintf("%s sees its node's files", [name(object)]) if {
	some object in workloads
	some volume in pod(object).spec.volumes
	volume.hostPath
}

deny contains sprintf("%s has a key to the cluster", [name(object)]) if {
	some object in workloads
	not pod(object).spec.automountServiceAccountToken == false
}

deny contains sprintf("%s may gain rights", [name(object)]) if {
	some [object, container] in containers
	not container.securityContext.allowPrivilegeEscalation == false
}

deny contains sprintf("%s keeps capabilities", [name(object)]) if {
	some [object, container] in containers
	not container.securityContext.capabilities == {"drop": ["ALL"]}
}

deny contains sprintf("%s may write to its root", [name(object)]) if {
	some [object, container] in containers
	not container.securityContext.readOnlyRootFilesystem == true
}

deny contains sprintf("%s lets unrestricted pods in", [name(object)]) if {
	some object in objects
	object.kind == "Namespace"
	not object.metadata.labels["pod-security.kubernetes.io/enforce"] == "restricted"
}

# --- Images and sizes -------------------------------------------------------------------------------

deny contains sprintf("%s runs an image whose tag may change: %s", [name(object), container.image]) if {
	some [object, container] in containers
	not regex.match(`^[a-z0-9./_-]+(:[0-9]+\.[0-9]+\.[0-9]+[\w.-]*)?(@sha256:[0-9a-f]{64})?$`, container.image)
}

deny contains sprintf("%s runs an image without a tag: %s", [name(object), container.image]) if {
	some [object, container] in containers
	not contains(container.image, ":")
}

deny contains sprintf("%s does not say how much %s it %s", [name(object), what, word]) if {
	some [object, container] in containers
	some what in ["cpu", "memory", "ephemeral-storage"]
	some list, word in {"requests": "needs", "limits": "may take"}
	not container.resources[list][what]
}

# What is promised is kept: whoever takes more than it asked for is the first to be ended.
deny contains sprintf("%s may take memory that it did not ask for", [name(object)]) if {
	some [object, container] in containers
	container.resources.requests.memory != container.resources.limits.memory
}

# --- Probes, moves ----------------------------------------------------------------------------------

deny contains sprintf("%s has no %s", [name(object), probe]) if {
	some object in long_lived
	some container in pod(object).spec.containers
	some probe in ["startupProbe", "readinessProbe", "livenessProbe"]
	not container[probe]
}

# A restart mends nothing that broker or database lack.
deny contains sprintf("%s is restarted when it is not ready", [name(object)]) if {
	some object in long_lived
	some container in pod(object).spec.containers
	container.livenessProbe.httpGet.path != "/health/live"
}

deny contains sprintf("%s may be moved with all of its instances at once", [name(object)]) if {
	some object in long_lived
	not has_budget(object)
}

has_budget(object) if {
	some budget in objects
	budget.kind == "PodDisruptionBudget"
	budget.spec.selector == object.spec.selector
}

# --- Network and secrets ----------------------------------------------------------------------------

deny contains "whoever is not named may reach the venue: there is no policy that denies" if {
	not denies_by_default
}

denies_by_default if {
	some policy in objects
	policy.kind == "NetworkPolicy"
	policy.spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
}

deny contains sprintf("%s lets everybody in", [name(object)]) if {
	some object in objects
	object.kind == "NetworkPolicy"
	some rule in object.spec.ingress
	not rule.from
}

deny contains sprintf("%s opens a port of every node", [name(object)]) if {
	some object in objects
	object.kind == "Service"
	object.spec.type in {"NodePort", "LoadBalancer"}
}

deny contains sprintf("%s has no certificate", [name(object)]) if {
	some object in objects
	object.kind == "Ingress"
	not object.spec.tls
}

deny contains sprintf("%s is a secret in a file", [name(object)]) if {
	some object in objects
	object.kind == "Secret"
}

deny contains sprintf("%s has %s from a secret, where whoever lists it reads it", [name(object), row.name]) if {
	some [object, container] in containers
	some row in container.env
	row.valueFrom.secretKeyRef
}
