"""`docs/protocols.md`: the shipped protocols, as `ketasched protocols show` has them."""

from tests.support.transcript import run

from ketasched.files.load import shipped_protocols
from tools.documents.tables import MADE, block

HEAD = f"""# Protocols

{MADE}

What comes with the program. Every number is from a source that stands with it; `*` marks one
that has none there, or a safety time of single clinics: put in your own. None of this is
advice: which course a patient gets is for their clinician to say. [What is not
here](#what-is-not-here-and-why) has its reason at the end.

To change one: `ketasched protocols show ID --format toml >mine.toml`, edit it ([its
keys](files.md#protocol)), and plan with `--protocol mine.toml`.
"""

FOOT = """## What is not here, and why

A protocol comes with the program if a course of visits has been published for it, by a study, a
label or clinics. For what follows we looked, and found none that can be planned. A clinic that
has its own course can write it down as a file.

- **Obsessive-compulsive disorder:** a single infusion in a crossover trial, its two arms a week or
  more apart (PMC3799067); another study saw no response in the disorder itself (PubMed 22784486).
- **Fibromyalgia, low-back pain and most other lasting pain:** the guideline of ASRA, AAPM and ASA
  of 2018 calls the evidence weak or none, and finds none for lasting relief outside CRPS
  (doctoryg.blogspot.com/2019/03). For nerve pain there is `neuropathic-3-days`, with the trial
  that speaks against it.
- **Migraine:** several days on end in hospital, 3 to 7 (evexiawc.com), 4.8 on average (PubMed
  28025837). A visit that crosses midnight cannot be planned.
- **After childbirth:** one clinic's page (infusionclinicabq.com). The trials gave a single
  treatment around the birth (healthline.com, on BMJ 2024).
- **Ketamine as a nasal spray, other than esketamine:** compounded by pharmacies; the FDA warned
  of it in February 2022 (utahaddictionfellowships.blogspot.com). We saw no schedule.
- **Under 18:** "not established" in the US label (oncologynurseadvisor.com/drug/spravato), not to
  be given by the EU leaflet. `plan` refuses a patient whose birth date says so.
- **Lozenges at home for months:** one a week without an end (moreblossom.com, Aycart et al.). Six
  doses at home have been looked at (frontiersin.org/articles/10.3389/fpsyt.2022.992624), and how
  far apart they were we have not seen. What is here for use at home, `home-sublingual-4` and
  `iv-home-tablets`, is compounded ketamine: it is not approved by the FDA, which warned of it on
  10 October 2023 (scrippsnews.com).
- **Extended-release tablets (R-107):** investigational (moreblossom.com, BEDROC).
- **A stay in hospital for CRPS:** one infusion of several days (PMC2950807) crosses midnight.
"""


def page() -> str:
    """The whole page."""
    pages = (
        f"## {name}\n\n{block(run(f'protocols show {name}'))}" for name in shipped_protocols()
    )
    return "\n".join([HEAD, *pages, FOOT])
