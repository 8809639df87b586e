"""Files that are known by their face: configurations, manifests, scripts."""

from lvsdoctor.parse.faces.face import RUNNING, TABLE, THE_FILE, Face

_KEEPALIVED = "`lvsdoctor scan --with NODE=FILE` takes it, beside the dumps of that node."
_KUBERNETES = "Give the node's `ipvsadm -Sn`, `ip addr` and `sysctl -a`."
_KEEPALIVED_WORD = (
    r"(?:priority +\d{1,3}|virtual_router_id +\d{1,3}|advert_int +[\d.]+|state +(?:MASTER|BACKUP)|unicast_src_ip +\S+"
    r"|(?:lb_algo|lvs_sched) +[a-z]+|(?:lb_kind|lvs_method) +(?:DR|NAT|TUN)|router_id +\S+|vrrp_garp_\w+ +\d+)\s*$"
)
_INI = r"\[|[#;]|[\w.\-]+ *=|\s"
_YAML = r"[\w.\-\"'/]+ *:|-(?: |$)|\s|#|---|\.\.\.$|[}\]{\[]"
_SUDO = r"\s*(?:sudo +)?(?:/usr)?(?:/s?bin/)?"
_SHELL = _SUDO + (
    r"(?:ifconfig +\S+ +\S|ip +(?:-\S+ +)*(?:a\w*|l\w*|r\w*|tunn?\w*|neigh\w*)"
    r" +(?:add|del|set|replace|change|append|flush)\b|route +(?:add|del)\b"
    r"|ipvsadm +(?:-[ACDEadeZ]|--(?:add|clear|delete|edit|restore))|sysctl +-[wqep]|echo +\S.*> *[\"']?/proc/sys/"
    r"|modprobe +\S|(?:systemctl|service) +(?:re)?(?:start|load)\b|arping +-[UA])"
)
_K3S = (
    r"write-kubeconfig(?:-mode)?|cluster-(?:init|cidr|dns)|service-cidr|flannel-\w+|tls-san|node-(?:ip|external-ip|label|"
    r"taint|name)|egress-selector-mode|disable-(?:kube-proxy|network-policy|cloud-controller)|"
    r"(?:kube-proxy|kubelet|kube-apiserver|kube-controller-manager|kube-scheduler|etcd)-arg"
)

FACES = (
    # -- configuration of what runs IPVS
    Face(
        "keepalived",
        "a keepalived.conf",
        r"(?:@\^?\w+ +)?(?:global_defs|vrrp_sync_group +\S+|vrrp_instance +\S+|vrrp_script +\S+|"
        r"virtual_server(?:_group)? +\S+.*|static_(?:ipaddress|routes|rules)|local_address_group +\S+) *(?:\{|$)|"
        r"[!#] *Configuration File for keepalived",
        r"[!#@]|\s|[}{]|include ",
        advice=_KEEPALIVED,
        whole=True,
        braces=True,
        file=r"keepalived[^/]*\.conf",
    ),
    Face(
        "keepalived-part",
        "a part of a keepalived.conf",
        r"@\^?\w+ +(?:net_namespace|\$\w+=)|\$[A-Z_]\w*=",
        None,
        advice=_KEEPALIVED,
        then=r"(?:@\^?\w+ +)?(?:net_namespace|\$\w+=|include )",
        whole=True,
    ),
    Face(
        "keepalived-words",
        "a few words of a keepalived.conf",
        _KEEPALIVED_WORD,
        rf"{_KEEPALIVED_WORD}|[!#]",
        advice=_KEEPALIVED,
    ),
    Face(
        "manual",
        "a page of a manual",
        r"[A-Za-z][\w.-]+\(\d\) +\S.* +[A-Za-z][\w.-]+\(\d\)$|This file is now deprecated\. Please refer to doc/man/",
        None,
        whole=True,
        needed=False,
    ),
    Face(
        "ldirectord",
        "a ldirectord.cf",
        r"virtual *= *\S+|(?:checktimeout|checkinterval|negotiatetimeout|quiescent|autoreload) *="
        r" *\S+",
        r"\s|#|\w+ *=",
        advice=TABLE,
        whole=True,
        file=r"ldirectord[^/]*\.cf",
    ),
    # -- configuration of the network: alone, or behind `cat FILE`, it is read (parse/config); here it is among others
    Face(
        "ifcfg",
        "an ifcfg file",
        r"(?:DEVICE|BOOTPROTO|ONBOOT|IPADDR\d*|NM_CONTROLLED|TYPE)=",
        r"[A-Z][A-Z0-9_]*=|#",
        advice=THE_FILE,
        then=r"(?:DEVICE|BOOTPROTO|ONBOOT|IPADDR\d*|PREFIX\d*|NETMASK\d*|NAME|TYPE|BROADCAST|NETWORK)=",
        whole=True,
        file=r"ifcfg-[^/]+",
    ),
    Face(
        "interfaces",
        "a configuration of ifupdown",
        r"(?:auto|allow-hotplug) +\S+$|iface +\S+ +inet6? |source +/etc/network",
        r"auto |allow-|iface |mapping |source|\s|#",
        advice=THE_FILE,
        then=r"iface |auto |\s|source|#",
        whole=True,
        file=r"network/interfaces(?:\.d/[^/]+)?",
    ),
    Face(
        "netplan",
        "a netplan file",
        r"network:$",
        _YAML,
        advice=THE_FILE,
        then=r"\s+(?:version|ethernets|renderer|bonds|bridges|vlans)"
        r" *:",
        whole=True,
        file=r"netplan/[^/]+\.yaml",
    ),
    Face(
        "networkd",
        "a systemd-networkd file",
        r"\[(?:Match|NetDev|Network|Address|Route|RoutingPolicyRule|Link)\]$",
        _INI,
        advice=THE_FILE,
        whole=True,
        file=r"systemd/network/[^/]+",
    ),
    Face(
        "networkmanager",
        "a NetworkManager connection",
        r"\[(?:connection|ipv4|ipv6|ethernet|vlan|bond|bridge)\]$",
        _INI,
        advice=THE_FILE,
        then=r"(?:id|uuid|type|method|address\d?|interface-name|mac-address)=",
        whole=True,
        file=r"\.nmconnection",
    ),
    Face("unit", "a systemd unit", r"\[(?:Unit|Service|Install|Timer|Socket)\]$", _INI, whole=True),
    Face(
        "script",
        "a shell script",
        r"#! *\S*(?:/| )(?:ba|da|k|z|a)?sh\b|(?:function +)?[\w.-]+ *\(\) *\{?$",
        None,
        advice=RUNNING,
        whole=True,
        file=r"\.(?:ba)?sh|rc\.local",
    ),
    Face("script", "a script", r"#! *\S*(?:python|perl|ruby|expect|lua)", None, advice=RUNNING, whole=True),
    Face("commands", "a list of commands", _SHELL, _SHELL + r"|\s*#", advice=RUNNING),
    Face(
        "kube-proxy",
        "a kube-proxy configuration",
        r"kind: *KubeProxyConfiguration|apiVersion: *kubeproxy\.",
        _YAML,
        whole=True,
        advice=_KUBERNETES,
    ),
    Face(
        "kubernetes",
        "a Kubernetes manifest",
        r"apiVersion: *\S+|kind: *[A-Z]\w+$",
        _YAML,
        whole=True,
        then=r"(?:kind|apiVersion|metadata) *:",
        advice=_KUBERNETES,
    ),
    Face(
        "k3s",
        "a configuration of k3s or RKE2",
        rf"[\"']?(?:{_K3S})[\"']? *:",
        _YAML,
        whole=True,
        advice=_KUBERNETES,
        file=r"rancher/(?:k3s|rke2)/config\.yaml(?:\.d/[^/]+\.ya?ml)?",
    ),
    Face(
        "rke",
        "a cluster.yml of RKE",
        r"nodes *:",
        _YAML,
        then=r" *- *(?:address|hostname_override|internal_address) *:",
        whole=True,
        advice=_KUBERNETES,
    ),
    Face(
        "kubespray",
        "a file of variables of Kubespray",
        r"(?:kube_proxy_(?:mode|strict_arp|scheduler|exclude_cidrs|masquerade_all)|kube_network_plugin|"
        r"kube_service_addresses|kube_config_dir|kube_vip_\w+) *:",
        _YAML,
        whole=True,
        advice=_KUBERNETES,
        file=r"group_vars/k8s[_-]?cluster(?:/[^/]+)?\.ya?ml",
    ),
    Face(
        "ansible",
        "an Ansible playbook",
        r"- +(?:hosts|name|import_playbook|include_tasks|become) *:",
        _YAML,
        advice=RUNNING,
        then=r"\s+[\w.]+ *:",
        whole=True,
    ),
    Face(
        "dockerfile",
        "a Dockerfile",
        r"FROM +\S+(?: +AS +\S+)?$",
        None,
        then=r"(?:RUN|COPY|CMD|ENV|ENTRYPOINT|LABEL|ADD|"
        r"WORKDIR|ARG|USER|MAINTAINER|EXPOSE|#)",
        whole=True,
    ),
    Face(
        "puppet",
        "a Puppet manifest",
        r"(?:class|define|node) +['\"]?[\w:.-]+['\"]? *(?:\(|\{|inherits )|(?:include|contain) +[a-z]\w*::",
        None,
        advice=RUNNING,
        then=r"\s*(?:[a-z_]\w*(?:::\w+)* *\{|\$\w+|(?:include|contain|require) |\)|[A-Z]\w+(?:::\w+)* +\$|#)",
        whole=True,
        file=r"\.pp",
    ),
    Face(
        "salt",
        "a Salt state",
        r"(?:[^\s#:{][^:]*|['\"].*['\"]):$|\{%-? *(?:set|from|import|for|if)\b.*%\}$",
        None,
        advice=RUNNING,
        then=r"\s+-? *(?:sysctl|network|file|cmd|service|pkg|module|iptables|kmod)\.[a-z_]+ *:",
        whole=True,
        file=r"\.sls",
    ),
    Face(
        "chef",
        "a Chef recipe",
        r"# *Cookbook(?: Name)? *::|include_recipe +['\"]|(?:package|sysctl(?:_param)?|template|execute|bash|service|"
        r"cookbook_file) +['\"][^'\"]*['\"](?: do)?$",
        None,
        advice=RUNNING,
        then=r"\s+(?:value|command|source|action|owner|mode|code|variables|notifies)\b|end$|#|[a-z_]+ +['\"].*",
        whole=True,
        file=r"(?:recipes|attributes|resources)/[^/]+\.rb",
    ),
    Face(
        "terraform",
        "a Terraform configuration",
        r"(?:terraform|provider|resource|data|variable|module|locals|output)(?: +\"[\w.-]+\"){0,2} *\{$",
        None,
        advice=RUNNING,
        then=r"\s+\w+ *= *\S|\s+\w+(?: +\"[\w.-]+\")? *\{",
        whole=True,
        file=r"\.tf",
    ),
    Face(
        "cloud-init",
        "a cloud-init configuration",
        r"#cloud-config\b",
        None,
        advice=RUNNING,
        whole=True,
        file=r"cloud/cloud\.cfg(?:\.d/[^/]+\.cfg)?",
    ),
)
