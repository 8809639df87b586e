"""Old net-tools in the languages that they were translated to: the same interfaces and addresses as in English."""

import pytest

from lvsdoctor.parse.paste.stream import pieces

GERMAN = """\
eth0      Link encap:Ethernet  Hardware Adresse 02:00:00:00:00:21
          inet Adresse:192.0.2.21  Bcast:192.0.2.255  Maske:255.255.255.0
          inet6-Adresse: fe80::ff:fe00:21/64 Gültigkeitsbereich:Verbindung
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metrik:1
          RX packets:10 errors:0 dropped:0 overruns:0 frame:0
          Kollisionen:0 Sendewarteschlangenlänge:1000
lo:0      Link encap:Lokale Schleife
          inet Adresse:192.0.2.10  Maske:255.255.255.255
          UP LOOPBACK RUNNING  MTU:16436  Metrik:1
"""
FRENCH = """\
eth0      Lien encap:Ethernet  HWaddr 02:00:00:00:00:21
          inet adr:192.0.2.21  Bcast:192.0.2.255  Masque:255.255.255.0
          adr inet6: fe80::ff:fe00:21/64 Scope:Lien
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1
          Packets reçus:10 erreurs:0 :0 overruns:0 frame:0
          collisions:0 lg file transmission:1000
          Octets reçus:100 (100.0 B) Octets transmis:100 (100.0 B)
lo:0      Lien encap:Boucle locale
          inet adr:192.0.2.10  Masque:255.255.255.255
          UP LOOPBACK RUNNING  MTU:16436  Metric:1
"""
SPANISH = """\
eth0      Link encap:Ethernet  direcciónHW 02:00:00:00:00:21
          Direc. inet:192.0.2.21  Difus.:192.0.2.255  Másc:255.255.255.0
          Dirección inet6: fe80::ff:fe00:21/64 Alcance:Enlace
          ACTIVO DIFUSIÓN FUNCIONANDO MULTICAST  MTU:1500  Métrica:1
          Paquetes RX:10 errores:0 perdidos:0 overruns:0 frame:0
          colisiones:0 long.colaTX:1000
          Bytes RX:100 (100.0 B)  TX bytes:100 (100.0 B)
lo:0      Link encap:Bucle local
          Direc. inet:192.0.2.10  Másc:255.255.255.255
          ACTIVO BUCLE FUNCIONANDO  MTU:16436  Métrica:1
"""
PORTUGUESE = """\
eth0      Encapsulamento do Link: Ethernet  Endereço de HW 02:00:00:00:00:21
          inet end.: 192.0.2.21  Bcast:192.0.2.255  Masc:255.255.255.0
          endereço inet6: fe80::ff:fe00:21/64 Escopo:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Métrica:1
          pacotes RX:10 erros:0 descartados:0 excesso:0 quadro:0
          colisões:0 txqueuelen:1000
          RX bytes:100 (100.0 B) TX bytes:100 (100.0 B)
lo:0      Encapsulamento do Link: Loopback Local
          inet end.: 192.0.2.10  Masc:255.255.255.255
          UP LOOPBACK RUNNING  MTU:16436  Métrica:1
"""


@pytest.mark.parametrize("text", [GERMAN, FRENCH, SPANISH, PORTUGUESE])
def test_each_language_shows_the_same(text: str) -> None:
    (dump,) = (piece.dump for piece in pieces(text, "ifconfig.txt"))
    assert not dump.unread
    assert [str(address) for address in dump.facts["addresses"]] == [
        "192.0.2.21/24",
        "fe80::ff:fe00:21/64",
        "192.0.2.10/32",
    ]
    eth0, lo = dump.facts["links"]
    assert (eth0.name, eth0.own_mac, eth0.type, eth0.mtu) == ("eth0", "02:00:00:00:00:21", "ether", 1500)
    assert {"UP", "BROADCAST", "MULTICAST"} <= eth0.flags
    assert (lo.name, lo.loopback) == ("lo", True)
