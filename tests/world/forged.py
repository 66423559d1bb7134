"""Reports that somebody invented: reporters nobody knows claim that a forger passes, or that a sender of ours fails."""
import random

import kit
import receivers
import xmlout


def write(directory, owner, mail):
    """The forged reports of an owner; what they claim."""
    directory.mkdir(parents=True, exist_ok=True)
    out = []
    for plan in owner.forged:
        dice = random.Random(f"forged/{owner.world.seed}/{owner.name}")
        forger = next(s for s in owner.streams if not s.ours and len(s.ips) == 1)
        server = next(s for s in owner.streams if s.story.startswith("own server"))
        passes = plan["claim"] == "passes"
        stream = forger if passes else server
        sigs = tuple((s.d, s.s, "pass" if passes else "wrong") for s in server.sigs)
        row = (stream.ips[0], owner.name, owner.name, stream.helo, "pass" if passes else "fail", sigs, passes, passes, ())
        texts = []
        for n in range(plan["reporters"]):
            org = f"{dice.choice(kit.FIRST_WORDS)}-mx{n}.example"
            receivers.BY_ORG[org] = receivers.receiver(org, f"dmarc@{org}", 1, dice.choice(("draft", "rfc7489", "rfc9990")), "from")
            for day in range(kit.MONTH - 20, kit.LAST + 1) if plan["reporters"] <= 10 else dice.sample(range(kit.MONTH - 20, kit.LAST + 1), 2):
                texts.append(xmlout.report(org, owner.name, day, {row: dice.randrange(20, 60) if plan["reporters"] <= 10 else 6}, owner.p))
        xmlout.pack(directory, owner.name, texts)
        out.append({**plan, "ip": stream.ips[0], "reports": len(texts)})
    return out
