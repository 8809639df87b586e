#!/bin/sh
# lvsdoctor collect: shows what the network of this host runs with, as one text stream on standard output.
#
#     ssh lb1 sudo sh -s < collect.sh > lb1.snap
#     ip netns exec NAME sh -s < collect.sh > NAME.snap
#
# It reads, and changes nothing: no file is written, no module loaded. What the kernel has no module of is not asked for;
# its answer is empty, and so is the kernel's table. Passwords, and what scripts are called with, are left out. Of logs
# it takes the lines that name a fault of LVS.

LC_ALL=C
PATH=/usr/sbin:/sbin:/usr/bin:/bin${PATH:+:$PATH}
export LC_ALL PATH

limit=10        # seconds for a command
most=200000     # lines of a command's output
newline='
'

# -- running a command ---------------------------------------------------------------------------------------------------

# Runs a command for at most $limit seconds, and returns its code. Not every host has timeout(1).
bounded() {
    "$@" </dev/null 2>&1 &
    job=$!
    (
        trap 'kill "$nap"; exit 0' TERM
        sleep "$limit" &
        nap=$!
        wait "$nap"
        kill "$job"
        sleep 1
        kill -9 "$job"
    ) >/dev/null 2>&1 &
    guard=$!
    wait "$job"
    code=$?
    kill "$guard"
    return "$code"
}

begin() { printf '==> $ %s <==\n' "$1"; }

end() { printf '==> rc %s %s <==\n' "$1" "$2"; }

# What the kernel has not, nothing has to ask for: an empty answer, which is whole.
empty() {
    begin "$1"
    end 0 ok
}

missing() {
    begin "$1"
    end 127 missing
}

unknown() {
    begin "$1"
    printf '%s\n' "$2"
    end 1 refused
}

has() { command -v "$1" >/dev/null 2>&1; }

# show COMMAND: its output between its heading and its end. show_as TITLE COMMAND: under another heading.
show() {
    if has "$1"; then show_as "$*" "$@"; else missing "$*"; fi
}

show_as() {
    begin "$1"
    shift
    output=$( { bounded "$@"; printf '\nrc=%s\n' "$?"; } 2>/dev/null | "${through:-all}" | head -n "$most")
    last=${output##*"$newline"}
    case $last in
        rc=*)
            code=${last#rc=}
            output=${output%"$last"}
            output=${output%"$newline"}
            ;;
        *)
            code=0
            output=$output$newline...
            ;;
    esac
    [ -z "$output" ] || printf '%s\n' "$output" | sed 's/^==> / &/'
    case $code in
        0) end 0 ok ;;
        137 | 143) end "$code" timeout ;;
        *) if refused "$output"; then end "$code" refused; else end "$code" ok; fi ;;
    esac
}

all() { cat; }

# A few lines that say so, and no answer beside them.
refused() {
    case $1 in
        *"$newline"*"$newline"*"$newline"*"$newline"*) return 1 ;;
        *'ot permitted'* | *'ermission denied'* | *'must be root'* | *'eed to be root'* | *'are you root'* | *'not seeing messages from'*)
            return 0
            ;;
    esac
    return 1
}

# show_file PATH [FILTER]: a file, or what a function lets through of it.
show_file() {
    if [ ! -e "$1" ]; then
        begin "cat $1"
        end 1 missing
    else
        show_as "cat $1" "${2:-cat}" "$1"
    fi
}

# -- what the kernel has ---------------------------------------------------------------------------------------------------

# 0: it is there, or nothing could be loaded by asking. 1: it is not. 2: that is not known.
in_kernel() {
    [ -e "/sys/module/$1" ] && return 0
    [ -e /proc/modules ] || return 0
    grep -q "^$1 " /proc/modules && return 0
    built_in=/lib/modules/$(uname -r)/modules.builtin
    [ -r "$built_in" ] || return 2
    grep -q "/$1\\.ko" "$built_in"
}

# Does this file of /proc/net name a table, or may we not know? Asking for a table that it does not name would make it.
names_table() { [ -e "$1" ] && { [ ! -r "$1" ] || [ -n "$(cat "$1")" ]; }; }

# Is this program of nf_tables?
of_nft() { case $("$1" -V 2>/dev/null </dev/null) in *nf_tables*) return 0 ;; *) return 1 ;; esac; }

# -- the network -----------------------------------------------------------------------------------------------------------

# "-" for the host's own network namespace, or where that is not known.
namespace() {
    for named in /run/netns/* /var/run/netns/*; do
        # shellcheck disable=SC3013 # dash and BusyBox know -ef, and so does POSIX.1-2024
        if [ "$named" -ef "/proc/$$/ns/net" ]; then
            printf '%s' "${named##*/}"
            return
        fi
    done
    mine=$(readlink "/proc/$$/ns/net" 2>/dev/null)
    first=$(readlink /proc/1/ns/net 2>/dev/null)
    if [ -n "$first" ] && [ -n "$mine" ] && [ "$mine" != "$first" ]; then
        mine=${mine#*\[}
        printf 'netns-%s' "${mine%\]}"
    else
        printf '%s' -
    fi
}

# What would end the heading early, or stand in it for two words.
plain() {
    case $1 in
        '' | *[!A-Za-z0-9._:-]*) printf '%s' "$1" | sed 's/[^A-Za-z0-9._:-]/_/g; s/^$/-/' ;;
        *) printf '%s' "$1" ;;
    esac
}

links_and_routes() {
    if ! has ip; then
        for words in 'link show' 'addr show' 'route show table all' 'rule show' 'neigh show'; do missing "ip $words"; done
        show ifconfig -a
        show route -n
        for file in if_inet6 ipv6_route arp; do show_file "/proc/net/$file"; done
        return
    fi
    # BusyBox knows neither -d nor proxy, and says nothing of the latter.
    case $(ip -V 2>/dev/null </dev/null) in
        *iproute2*) full=1 ;;
        *) full=0 ;;
    esac
    if [ "$full" = 1 ]; then show ip -d link show; else show ip link show; fi
    show ip addr show
    show ip route show table all
    show ip rule show
    [ ! -e /proc/net/if_inet6 ] || show ip -6 rule show
    show ip neigh show
    [ "$full" = 0 ] || show ip neigh show proxy
}

sysctls() {
    if has sysctl; then show_as 'sysctl -a' net_settings; else show_as 'sysctl -a' walk_settings; fi
}

# The keys of the network. Two of them are secrets: that of TCP Fast Open, and what IPv6 addresses are made from.
net_settings() { sysctl -a 2>&1 | sed -n '/tcp_fastopen_key/d; /stable_secret/d; /^net\./p; /denied.*net[./]/p'; }

# A key with slashes, as sysctl(8) takes it, too. A shell reads byte by byte, and gets one digit of such a file.
walk_settings() {
    find /proc/sys/net -type f ! -name tcp_fastopen_key ! -name stable_secret ! -name flush -exec grep -H . {} + 2>/dev/null |
        sed 's%^/proc/sys/\([^:]*\):%\1 = %'
}

ipvs() {
    if [ ! -e /proc/net/ip_vs ]; then
        for words in -Sn -Ln '-Ln --stats --exact'; do empty "ipvsadm $words"; done
        return
    fi
    show ipvsadm -Sn
    show ipvsadm -Ln
    show ipvsadm -Ln --stats --exact
    show ipvsadm -L --timeout
    show ipvsadm -L --daemon
    most=20000
    show ipvsadm -Lnc
    most=200000
    has ipvsadm || show_file /proc/net/ip_vs
}

# filters PROGRAM NAMES: the tables of iptables-legacy, and those of nf_tables that nft does not show.
filters() {
    if names_table "/proc/net/$2"; then
        if has "$1-legacy-save"; then
            show "$1-legacy-save"
        elif has "$1-save" && ! of_nft "$1-save"; then
            show "$1-save"
        else
            missing "$1-legacy-save"
        fi
    elif [ "$nft" = 1 ]; then
        empty "$1-save"
    fi
    if [ "$nft" = 0 ] && { ! has nft || in_kernel nft_compat; }; then
        if has "$1-nft-save"; then
            show "$1-nft-save"
        elif has "$1-save" && of_nft "$1-save"; then
            show "$1-save"
        fi
    fi
}

# Is nft sure that nf_tables has no table of family arp? Where it has one, `nft list ruleset` shows it.
no_arp_table() { output=$(bounded nft list tables arp 2>/dev/null) && [ -z "$output" ]; }

packet_filters() {
    in_kernel nf_tables
    nft=$?
    case $nft in
        0) show nft list ruleset ;;
        2) unknown 'nft list ruleset' 'whether nf_tables is in the kernel cannot be asked without loading it' ;;
    esac
    filters iptables ip_tables_names
    filters ip6tables ip6_tables_names
    if names_table /proc/net/arp_tables_names; then
        if has arptables-legacy; then
            show arptables-legacy -nvL
        elif has arptables && ! of_nft arptables; then
            show arptables -nvL
        else
            missing 'arptables-legacy -nvL'
        fi
    elif [ "$nft" = 1 ] || { [ "$nft" = 0 ] && has nft && no_arp_table; }; then
        empty arptables-save
    elif [ "$nft" = 0 ] && ! has nft; then
        if has arptables-nft-save; then show_as arptables-save arptables-nft-save; else show arptables-save; fi
    fi
    ! in_kernel ip_set || show ipset save
}

# ss(8) asks for tcp_diag and udp_diag, which would be loaded; the files of /proc have the same sockets without a name.
sockets() {
    if has ss && in_kernel tcp_diag && in_kernel udp_diag; then
        show ss -lntup
        return
    fi
    for protocol in tcp tcp6; do show_file "/proc/net/$protocol" listening; done
    for protocol in udp udp6; do show_file "/proc/net/$protocol" unconnected; done
}

# The heads and the sockets that wait; the others are clients of this host, and many.
listening() { sed -n '1p; / 0A [0-9A-F]*:[0-9A-F]* /p' "$1"; }
unconnected() { sed -n '1p; / 07 [0-9A-F]*:[0-9A-F]* /p' "$1"; }

# The modules that are loaded, and whose machine it is: a cloud carries less than a network of one's own.
machine() {
    show_file /proc/modules
    for name in sys_vendor product_name; do
        [ ! -r "/sys/class/dmi/id/$name" ] || show_file "/sys/class/dmi/id/$name"
    done
}

# The first process, and what fills tables of IPVS or of routes; by their names, without what they were called with.
programs() {
    printf '    PID COMMAND\n'
    for process in /proc/[0-9]*; do
        { read -r name <"$process/comm"; } 2>/dev/null || continue
        case $name in
            perl | python*) name=$(tr '\0' '\n' <"$process/cmdline" 2>/dev/null | sed -n '2,$ { /^-/!{ s%.*/%%; p; q; }; }') ;;
        esac
        case $name in
            keepalived | ldirectord | kube-proxy | kube-router | cilium-agent | dockerd | pulse | nanny | lvsd | surealived) ;;
            feedbackd-master | mon | monit | seesaw_engine | seesaw_ha | heartbeat | pacemakerd | corosync | relayd) ;;
            merlin | consul-template | bird | bird6 | zebra | bgpd | ospfd | watchfrr | frr | exabgp | gobgpd) ;;
            *) [ "$process" = /proc/1 ] || continue ;;
        esac
        printf '%7s %s\n' "${process#/proc/}" "$name"
    done
}

# Whether systemd starts at boot what fills a table of IPVS or starts such a program, and whether it has failed.
units() {
    [ -d /run/systemd/system ] || return 0
    through=of_keepers
    show systemctl list-unit-files --type=service --no-pager
    show systemctl list-units --type=service --all --no-pager
    through=
}

of_keepers() {
    grep -E -e '^rc=|^ *UNIT |ot permitted|ermission denied' \
        -e '(^|[^[:alnum:]@_.-])(keepalived|ldirectord|ipvsadm|kube-proxy|kube-router|kubelet|k3s|k3s-agent|rke2-server)(@[^ ]*)?\.service' \
        -e '(^|[^[:alnum:]@_.-])(rke2-agent|docker|podman|crio|pacemaker|corosync|heartbeat|pulse|mon|monit|relayd|nomad)\.service'
}

# What network cards join before IPVS sees it. A card has a device; 16 of them are enough, and one that hangs is the last.
cards() {
    has ethtool || return 0
    asked=0
    for card in /sys/class/net/*/device; do
        card=${card%/device}
        card=${card##*/}
        grep -q "^ *$card:" /proc/net/dev || continue
        [ "$asked" -lt 16 ] || break
        asked=$((asked + 1))
        show ethtool -k "$card"
        case $code in 137 | 143) break ;; esac
    done
}

# -- files that are applied at boot, which are the host's own --------------------------------------------------------------

# Settings of the network, and comments to lvsdoctor.
of_network() { sed -n '/^[[:space:]]*-\{0,1\}[[:space:]]*net[./]/p; /^[[:space:]]*[#;].*lvsdoctor:/p' "$1"; }

# Without passwords, addresses of people, comments, and what programs are called with.
without_secrets() {
    called='\(^\|[{[:space:]]\)\(notify[a-z_]*\|script\|misc_path\|init_file\|checkcommand\|request\|receive\|login\|emailalert[a-z]*\)[[:space:]=]\{1,\}'
    secret='[a-z_]*\(auth_pass\|pass\|passwd\|password\|secret\|token\)[[:space:]=]\{1,\}'
    sed -e '/^[[:space:]]*[#!;].*lvsdoctor:/b' \
        -e "s/\\($secret\\)\"[^\"]*\"/\\1<removed>/g" \
        -e "s/\\($secret\\)[^[:space:]\"<}=][^[:space:]]*/\\1<removed>/g" \
        -e 's/\(^[[:space:]]*[$][A-Za-z_]*\(PASS\|SECRET\|TOKEN\|pass\|secret\|token\)[A-Za-z_]*=\).*/\1<removed>/' \
        -e "s/\\($called\\)[\"'][^\"']*[\"']/\\1<removed>/g" \
        -e "s/\\($called\\)[^\"'<{].*/\\1<removed>/" \
        -e 's/[^[:space:]@<>{}]\{1,\}@[^[:space:]]\{1,\}/<removed>/g' \
        -e 's/[#!].*//' \
        "$1"
}

# The distribution, whose name is enough.
release() { sed -n -e '/^ID=/p' -e '/^ID_LIKE=/p' -e '/^VERSION_ID=/p' "$1"; }

# In a container the files are not those of the host, whose network it may have.
in_container() {
    [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -n "${container:-}${KUBERNETES_SERVICE_HOST:-}" ]
}

boot_files() {
    for directory in /etc /run /usr/local/lib /usr/lib /lib; do
        # shellcheck disable=SC3013
        [ "$directory" = /lib ] && [ /lib -ef /usr/lib ] && continue
        for file in "$directory"/sysctl.d/*.conf; do
            # A link to /dev/null keeps a file of the same name from being read: an empty one, too.
            [ ! -e "$file" ] || show_file "$file" of_network
        done
    done
    [ ! -e /etc/os-release ] || show_file /etc/os-release release
    [ ! -e /etc/sysctl.conf ] || show_file /etc/sysctl.conf of_network
    for file in /etc/keepalived/keepalived.conf /etc/ha.d/ldirectord.cf /etc/ldirectord.cf; do
        [ ! -e "$file" ] || show_file "$file" without_secrets
    done
    [ -r /etc/keepalived/keepalived.conf ] || return 0
    # What it includes; the names may be patterns.
    included=$(sed -n 's/^[[:space:]]*include[a-z]*[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' /etc/keepalived/keepalived.conf)
    for pattern in $included; do
        case $pattern in /*) ;; *) pattern=/etc/keepalived/$pattern ;; esac
        for file in $pattern; do
            [ ! -f "$file" ] || show_file "$file" without_secrets
        done
    done
}

# -- logs ------------------------------------------------------------------------------------------------------------------

# What stands in the lines that lvsdoctor reads, and what says that a log may not be read.
faults='IPVS
VRRP
VRID
STATE
VIPs
advert
unicast
src address not configured
TTL
ip number count
invalid passwd
auth, expecting
Invalid auth type
invalid version
wrong version
Netlink
Receive buffer overrun
Deassigned address
Reloading
Starting Keepalived
child process
 quorum 
 to VS
- skipping
resetting
setting default
no protocol set
zero port only valid
removing second rs
exceeds total weight
persistence_timeout invalid
martian
ll header
table full
table overflow
duplicate address
address collision
some other host
flip flop
ethernet address
Linux version
proxier
parseIP Error
ipvs family
modprobe ip_vs
real server
ot permitted
ermission denied
not seeing messages from
rc='

# The newest of these lines. Whatever a program wrote of a password, or of people, is left out.
named_faults() {
    grep -F "$faults" | sed \
        -e '/^rc=[0-9]*$/b' -e '/^rc=/d' \
        -e 's/\([a-z_]*\(auth_pass\|password\|passwd\|secret\|token\)\)[[:space:]]*[=:][[:space:]]*[^[:space:]]\{1,\}/\1=<removed>/g' \
        -e 's/auth_pass [^[:space:]]\{1,\}/auth_pass <removed>/g' \
        -e 's/[^[:space:]@<>{}"(]\{1,\}@[^[:space:])"]\{1,\}/<removed>/g' | tail -n 2001
}

# Of the programs of LVS alone; the log of the kernel names none where dmesg(1) shows it.
of_programs() { tail -n 100000 "$1" | grep -E 'kernel:|[Kk]eepalived|ldirectord|kube-proxy|IPaddr2|arpwatch|ifup'; }

logs() {
    through=named_faults
    journal=0
    for directory in /run/log/journal /var/log/journal; do
        [ ! -d "$directory" ] || journal=1
    done
    if [ "$journal" = 1 ] && has journalctl; then
        set --
        for name in kernel Keepalived Keepalived_vrrp Keepalived_healthcheckers keepalived ldirectord kube-proxy; do
            set -- "$@" -t "$name"
        done
        show_as "journalctl -n 20000 $*" journalctl --no-pager -o short-iso -n 20000 "$@"
    else
        [ "$journal" = 0 ] || missing journalctl
        show dmesg
        for file in messages syslog kern.log daemon.log keepalived.log ldirectord.log; do
            [ ! -f "/var/log/$file" ] || show_file "/var/log/$file" of_programs
        done
    fi
    for file in /var/log/containers/kube-proxy-*.log; do
        [ ! -f "$file" ] || show_as "cat $file" tail -n 20000 "$file"
    done
    through=
}

# All of it is read before any of it runs: half a script does nothing.
main() {
    if [ ! -e /proc/net/dev ]; then
        echo 'collect.sh: /proc is not mounted' >&2
        exit 1
    fi
    netns=$(namespace)
    printf '==> lvsdoctor 1 %s %s <==\n' "$(plain "$(uname -n)")" "$(plain "$netns")"
    show uname -a
    links_and_routes
    sysctls
    ipvs
    packet_filters
    sockets
    machine
    show_as 'ps -e -o pid,comm' programs
    cards
    # Files and logs are those of the host, whatever namespace it is.
    [ "$netns" != - ] || in_container || { units; boot_files; logs; }
}

main
