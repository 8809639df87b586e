"""What a rule of nftables sets: the mark of a packet or of a connection, and what changes nothing that is asked for."""

from collections.abc import Sequence

from lvsdoctor.model.packet_filter import ALL_BITS, Action, Effect, MarkChange, Statement
from lvsdoctor.parse.nft.nft_items import HARMLESS, Field, Mangle, anything
from lvsdoctor.parse.words import read_number


def mangled(mangle: Mangle) -> tuple[Statement, ...]:
    """`meta mark set meta mark & 0xffffff00 | 0x1`; what else is set changes nothing that is asked for, or all."""
    key, value = mangle.field.key, mangle.value
    if key == "ct mark":
        return (_of_connection(mangle),)
    if key in HARMLESS or key.startswith(("tcp option maxseg", "ct original", "ct label")):
        return (Action(Effect.CONTINUE, mangle.text),)
    if key != "meta mark" or mangle.field.bits:
        return (anything(mangle.text),)
    if isinstance(value, str):
        number = read_number(value, most=ALL_BITS)
        if number is not None:
            return (Action(Effect.MARK, mangle.text, mark=MarkChange(ALL_BITS, number)),)
    elif value is not None and value.key == "meta mark" and (change := _change(value.bits)) is not None:
        return (Action(Effect.MARK, mangle.text, mark=change),)
    bits = (ALL_BITS, ALL_BITS) if isinstance(value, Field) and value.key == "ct mark" and not value.bits else None
    return (Action(Effect.RESTORE_MARK, mangle.text, bits=bits),)  # else a mark that is not known


def _of_connection(mangle: Mangle) -> Action:
    """`ct mark set 0x1`, `ct mark set meta mark`, `ct mark set ct mark | 0x1`."""
    value, change = mangle.value, None
    if isinstance(value, str):
        number = read_number(value, most=ALL_BITS)
        change = MarkChange(ALL_BITS, number) if number is not None else None
    elif value is not None and value.key == "meta mark" and not value.bits:
        return Action(Effect.SAVE_MARK, mangle.text, bits=(ALL_BITS, ALL_BITS))
    elif value is not None and value.key == "ct mark":
        change = _change(value.bits)
    return Action(Effect.CT_MARK, mangle.text, mark=None if mangle.field.bits else change)


def _change(bits: Sequence[tuple[str, str]]) -> MarkChange | None:
    kept, flip = ALL_BITS, 0
    for operator, operand in bits:
        number = read_number(operand, most=ALL_BITS)
        if number is None:
            return None
        match operator:
            case "&":
                kept, flip = kept & number, flip & number
            case "|":
                kept, flip = kept & ~number, flip & ~number | number
            case "^":
                flip ^= number
            case _:
                return None
    return MarkChange(~kept & ALL_BITS, flip)
