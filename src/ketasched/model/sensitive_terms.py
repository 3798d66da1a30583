"""The words that reveal the treatment, by language, and words that only look like them.

All lists apply to every text, because a clinic may write in one language and be called in another.

A term is sensitive as a whole word; "*" stands for further letters. So "*depress*" is found in
"antidepressant", and "pain" not in "Spain". A hyphen stands for any punctuation or none ("off
label"), a space for none or what divides words on a line ("PainClinic"). Terms have no accents:
those of a text are passed over.
"""

ENGLISH = (
    # The medicine, by its names and brands; how and where it is given.
    *("*ketamin*", "keta*", "ketolar*", "calypsol*", "vetalar*", "*spravato*", "*ketasched*"),
    *("*sublingual*", "troche*", "*intramuscular*", "*hallucinat*"),
    *("*infus*", "*injection*", "*intraven*", "*nasal*", "*lozenge*", "*off-label*", "rems"),
    *("i-v therap*", "i-v clinic*", "i-v lounge*", "i-v suite*", "i-v drip*", "i-v treatment*"),
    *("i-v hydration*", "i-v center*", "i-v centre*", "*anesth*", "*anaesth*", "*dissociat*"),
    *("i-v bar", "i-v nutrition*", "i-v vitamin*", "drip bar*", "drip lounge*", "drip therap*"),
    # What it is given for, by whom, and how that is measured.
    *("*depress*", "*psych*", "*ptsd*", "*trauma*", "*suicid*", "*bipolar*", "*anxiety*", "mdd"),
    *("behavioral*", "behavioural*", "mood", "mood disorder*", "ocd"),
    *("*migraine*", "*fibromyalg*", "alcohol*", "relapse*", "ssri*", "snri*", "nerve pain*"),
    *("*addict*", "*opioid*", "*neuropath*", "*crps*", "tms", "trd"),
    *("mental", "mentally", "mental health*", "pain", "pains", "painful", "painkiller*"),
    *("pain clinic*", "pain care*", "pain center*", "pain centre*", "pain management*"),
    *("pain medicine*", "pain relief*", "*madrs*", "*qids*", "*phq*", "*c-ssrs*", "gad 7"),
    *("*pcl 5*", "*caps 5*", "rtms", "neuromodul*", "*neurostim*", "psilocyb*", "*algolog*"),
    *("headache clinic*", "headache cent*", "panic attack*", "panic disorder*", "detox*"),
    *("self-harm*", "stress clinic*", "nerve block*", "electroconvuls*"),
)

SPANISH = (
    # The medicine; how and where it is given. Words that English has, too, are above.
    *("cetamin*", "escetamin*", "*quetamin*", "*endovenos*", "via venosa*", "por la vena*"),
    *("*inyecc*", "*inyect*", "*anestes*", "*disociat*", "*alucin*", "suero", "sueros"),
    *("sueroterap*", "gotero*", "goteo*", "venoclisis", "terapia i-v", "clinica i-v", "trocisco*"),
    # What it is given for, by whom, and how that is measured.
    *("*depresi*", "*deprim*", "*psiqui*", "*psico*", "psilocib*", "*ansiedad*", "ansios*"),
    *("tept", "toc", "salud mental*", "mentales", "estado de animo", "trastorno*", "distimi*"),
    *("clinica del animo", "clinica de animo", "del animo", "animo bajo", "bajo animo"),
    *("ataques de panico", "ataque de panico", "autolesi*", "estimulacion magnetica*"),
    *("migrana*", "*fibromialg*", "recaid*", "*adicci*", "adict*", "*opiace*", "*neuropat*"),
    *("desintox*", "drogodepend*", "drogadic*", "jaqueca*", "neuroestimul*", "bloqueo nervios*"),
    *("clinica de cefalea*", "unidad de cefalea*", "sdrc", "antidolor*", "doloros*"),
    *("dolor", "clinica del dolor*", "unidad del dolor*", "dolor cronic*"),
    # Not "dolores" alone, nor "de los dolores": people, streets and hospitals are called so.
    *("dolores cronic*", "dolores persist*", "dolores de cabeza", "dolores de espalda"),
    *("clinica de dolores", "unidad de dolores", "sus dolores"),
)

FRENCH = (
    *("*perfus*", "*intravein*", "*intramusculair*", "*hallucin*", "therapie i-v", "clinique i-v"),
    *("goutte-a-goutte*", "voie veineuse*", "par les veines", "dans la veine*", "psilocyb*"),
    *("*deprim*", "*anxiete*", "anxieu*", "*angoiss*", "*bipolair*", "tspt", "espt"),
    *("sante mentale*", "mentale", "mentales", "mentaux", "humeur", "trouble de l-humeur*"),
    *("*alcool*", "rechute*", "toxicoman*", "*opiace*"),
    *("sevrage*", "desintox*", "thymique*", "dysthymi*", "mal-etre", "attaques de panique"),
    *("attaque de panique", "trouble panique*", "automutil*"),
    *("*douleur*", "*douloureu*", "clinique de la douleur*", "*antalg*", "cephalees chroniques"),
    *("centre des cephalees", "consultation cephalee*", "stimulation magnetique*", "bloc nerveux"),
)

TERMS = tuple(dict.fromkeys((*ENGLISH, *SPANISH, *FRENCH)))

INNOCENT = ("ketan", "ketanji", "ketaki", "ketapang", "ketal", "infusino", "infuso")
"""Words that contain a term and tell nothing: names of people and places."""
