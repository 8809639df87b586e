"""lvsdoctor probe --listen: who speaks in the name of a VIP? Sends nothing."""

from argparse import Namespace

from lvsdoctor.cli.output import progress
from lvsdoctor.cli.probe import page
from lvsdoctor.cli.probe.scene import Scene
from lvsdoctor.probe.listening import REDIRECTS_TO_US, FrameKind, FrameLog, FrameSummary, links_to_hear, listen
from lvsdoctor.probe.naming import Names


def run(scene: Scene, options: Namespace) -> bool:
    """Whether nobody was heard who should not be; after an interrupt, as far as that."""
    names = Names(scene.prober, scene.known, (), scene.vips)
    links = [link.name for link in links_to_hear(scene.prober, [options.link] if options.link else None)]
    vips = ", ".join(map(str, scene.about[:3])) + " ..." * (len(scene.about) > 3)
    sentence = f"listening on {', '.join(links)} for {options.listen:g} s for hosts that use {vips}; nothing is sent"
    if options.dry_run:
        page.put_sentence(sentence, options)
        return True
    log, cut_short = FrameLog(), False
    try:
        with progress(sentence, quiet=options.quiet) as done:
            for said in listen(
                scene.prober, scene.about, options.listen, links=links, netns=options.netns, progress=done
            ):
                log.add(said)
    except KeyboardInterrupt:
        cut_short = True  # whoever watched long enough wants to know what was heard
    rows = [(heard, names.of(heard.mac), _meaning(heard, names, scene, log)) for heard in log.rows()]
    page.put_listened(rows, scene.about, cut_short, log.dropped, REDIRECTS_TO_US, options)
    return not any(wrong for _, _, (wrong, _) in rows)


def _meaning(row: FrameSummary, names: Names, scene: Scene, log: FrameLog) -> tuple[bool, str]:
    """Is it wrong, and what it means."""
    known = names.of(row.mac)
    who = next((name.text for name in known), row.mac)
    if row.kind is FrameKind.REDIRECT:
        return True, f"{who} redirects this host to another gateway, {row.gateway} (send_redirects there)"
    doing = "sends ARP requests as" if row.leaks else "says that it has"
    said = f"{who} {doing} VIP {row.address}"
    if any(name.silent for name in known):
        cure = (
            ": a host that receives these sends the VIP's traffic to it (set arp_announce=2 on it)" if row.leaks else ""
        )
        return True, f"{said}, and is a real server{cure}"
    if scene.prober.is_a("director") and scene.prober.holding(row.address):
        return True, f"{said}, and so does this host"
    speakers = {one.mac for one in log.rows() if one.address == row.address}
    if any(mac != row.mac and not any(name.silent for name in names.of(mac)) for mac in speakers):
        return True, f"{said}, and it is not the only one"
    return False, f"{said}: fine if it is the active director"
