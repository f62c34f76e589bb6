"""A number as people spell it on the telephone in each language: "K wie Köln", "K comme Kléber", "K as in Kilo"."""

# German: DIN 5009:2022-06, the spelling table for business and administration, by towns.
# Luxembourgish has no table of its own: people spell with the German one.
GERMAN = (
    "Aachen Berlin Chemnitz Düsseldorf Essen Frankfurt Goslar Hamburg Ingelheim Jena Köln Leipzig München "
    "Nürnberg Offenbach Potsdam Quickborn Rostock Salzwedel Tübingen Unna Völklingen Wuppertal Xanten Ypsilon Zwickau"
)
# French: the table of the PTT, France's former administration of post and telephone, by first names.
FRENCH = (
    "Anatole Berthe Célestin Désiré Eugène François Gaston Henri Irma Joseph Kléber Louis Marcel "
    "Nicolas Oscar Pierre Quintal Raoul Suzanne Thérèse Ursule Victor William Xavier Yvonne Zoé"
)
# English: the radiotelephony alphabet of ICAO (Annex 10, volume II, 5.2.1.3), also that of NATO.
ENGLISH = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike "
    "November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
TABLES = {
    "de": (GERMAN, "wie", "null eins zwei drei vier fünf sechs sieben acht neun"),
    "fr": (FRENCH, "comme", "zéro un deux trois quatre cinq six sept huit neuf"),
    "en": (ENGLISH, "as in", "zero one two three four five six seven eight nine"),
    "lb": (GERMAN, "wéi", "null eent zwee dräi véier fënnef sechs siwen aacht néng"),
}


def spelled(number: str, language: str) -> list[tuple[str, str]]:
    """Each character of `number` with what to say after it: ("K", "wie Köln"), ("7", "sieben")."""
    names, link, digits = TABLES[language]
    said = {name[0]: f"{link} {name}" for name in names.split()} | dict(zip("0123456789", digits.split(), strict=True))
    return [(character, said[character]) for character in number]
