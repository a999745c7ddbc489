{{- define "stoa.name" -}}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{- end }}

{{- define "stoa.labels" -}}
app.kubernetes.io/name: stoa
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "stoa.selector" -}}
app.kubernetes.io/name: stoa
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* A container of Stoa: (dict "root" $ "roles" "web,api" "resources" ... "probes" true "command" list) */}}
{{- define "stoa.container" -}}
- name: stoa
  image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  {{- with .command }}
  command: {{ toJson . }}
  {{- end }}
  env:
    - {name: STOA_MODE, value: production}
    - {name: STOA_ROLES, value: {{ .roles | quote }}}
    - {name: STOA_PUBLIC_URL, value: {{ .root.Values.publicUrl | quote }}}
    - {name: STOA_ISSUER_URL, value: {{ .root.Values.issuerUrl | quote }}}
    - {name: STOA_KNOWN_HOSTS, value: {{ .root.Values.knownHosts | quote }}}
    - {name: STOA_TRUSTED_PROXIES, value: {{ .root.Values.trustedProxies | quote }}}
    - {name: STOA_BRAND_NAME, value: {{ .root.Values.brand.name | quote }}}
    - {name: STOA_LOG_LEVEL, value: {{ .root.Values.logLevel | quote }}}
    {{- range $name, $value := .root.Values.extraEnvironment }}
    - {name: {{ $name }}, value: {{ $value | quote }}}
    {{- end }}
  envFrom:
    - secretRef: {name: {{ .root.Values.existingSecret }}}
  {{- if .probes }}
  ports:
    - {name: http, containerPort: 3978}
  startupProbe:
    httpGet: {path: /healthz, port: http}
    periodSeconds: 2
    failureThreshold: 60
  livenessProbe:
    httpGet: {path: /healthz, port: http}
    periodSeconds: 10
    timeoutSeconds: 3
    failureThreshold: 6
  readinessProbe:
    httpGet: {path: /readyz, port: http}
    periodSeconds: 3
    timeoutSeconds: 3
    failureThreshold: 2
  # Asked to stop, it turns unready and serves on for STOA_DRAIN_SECONDS (5), until the balancer has noticed.
  {{- end }}
  resources: {{ toJson .resources }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  volumeMounts:
    - {name: files, mountPath: /data}
    - {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "stoa.pod" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
automountServiceAccountToken: false
terminationGracePeriodSeconds: 45
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  fsGroup: 1000
  seccompProfile: {type: RuntimeDefault}
nodeSelector: {{ toJson .root.Values.nodeSelector }}
tolerations: {{ toJson .root.Values.tolerations }}
affinity: {{ toJson .root.Values.affinity }}
volumes:
  - name: files
    persistentVolumeClaim:
      claimName: {{ .root.Values.files.existingClaim | default (printf "%s-files" (include "stoa.name" .root)) }}
  - name: tmp
    emptyDir: {}
{{- end }}
