"""The words by which mails that came back are told apart where they have no report, in the languages people here use.

Each pattern looks at one place: the subject, the sender's name, or what a server wrote itself. Codes are better
evidence than words; see bounce_reports.py for which counts when.
"""

import re

STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")  # RFC 3463; not a part of an IP address
CODE = re.compile(r"(?<![\d.:/@-])([45][0-5]\d)(?=[\s-])(?!-\d)")  # RFC 5321
# What a server said that refused for good: 5.1.1, or 550 where an answer begins; not the number of a room or a request.
PERMANENT = re.compile(
    r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])|(?:^|[<>:;,(\[\"'=])[ \t]*5[0-5]\d(?=[\s-])(?!-\d)", re.MULTILINE
)


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE | re.MULTILINE)


# Sender: a mail server. A reader's own program writes in his name, that of an office as no-reply.
SERVER = _any(
    r"mailer.?daemon|daemon@|mdaemon|mailer@|^<>$|post.?master|\bndr@",
    r"mail.?(deliver|system|server|gateway|admin)|delivery.?(sub)?system",
    r"microsoft ?exchange|symantec",
)

# Subject: a mail was not delivered.
FAILURE = _any(
    r"undeliver|non.?deliver|not (been |be )?deliver|returned (mail|to sender)|returning (message|mail)|bounced",
    r"deliver\w*.{0,30}(fail|problem|error|abort)|fail\w*.{0,20}deliver|failure notice|mail (error|failure|rejected)",
    r"cannot be (sent|delivered)|(invalid|unknown) (user|address|recipient)|user unknown",
    r"(message|automatically) (was )?rejected",
    r"unzustellbar|nicht.{0,12}zugestellt|zustell\w*.{0,12}fehl|fehlgeschlagen|zur.ckgesandt|mailfehler",
    r"non.?remis|.chec de (la )?(remise|livraison|distribution)|non (d.livr|distribu)|pas.{0,20}(remis|livr.)",
    r"non recapitat|mancat\w (consegna|recapito)|no (se )?(ha podido|pudo) entreg|no entregado|devuelto|devolvid",
    r"non recapitab|no se puede entreg|\bn.o\b.{0,15}(entreg|enviad|enviar)|(falha|fallo|erro).{0,10}(entreg|envi)",
    r"entrega.{0,20}(falh|fall)|onbestel|niet.{0,12}(bezorgd|afgeleverd)|niedor.cz|nie ?dostarcz|nedoru|olevererb",
    r"kan ikke leveres|エラー|配信不能|退信|无法送达|не (доставлено|удает\w+ доставить)|недоставлен",
)

# Subject: the reply of a program that stands in for its reader.
REPLY = _any(
    r"^(re: *)?(auto(mati(c|sche)?)?[-: ]|out of (the )?office|vacation|on (holiday|vacation|leave)|i am away|away )",
    r"^(re: *)?(abwesen|automatisch|absen|r.ponse auto|respuesta auto|risposta auto|fuera de|afwezig|nieobecn)",
    r"\(automatic response\)",
)

# Subject: a person answers.
ANSWER = re.compile(r"(re|aw|antw|sv|rif|tr|odp) ?:", re.IGNORECASE)

# Subject: the server goes on trying.
DELAY = _any(
    r"warning.{0,40}(delay|still|not.{0,10}deliver|could not)|delayed|\(delay\)|still being retried|delivery warning",
    r"verz.ger|retard|différée?|ritard|retras",
)

# Subject: it may go on trying, or have given up.
TEMPORARY = _any(r"tempora(r|ir)|vor.bergehend")

# Subject or text: the server goes on trying.
DELIVERED = r"(zugestellt|ausgeliefert|remis|livr|distribu|d.livr|recapit|consegn|entreg|bezorgd|dostarcz)"
WAITS = _any(
    r"warning (message )?only|(has been|is) delayed|not (been )?delivered yet|not yet (been )?deliv|still undelivered",
    r"(still|will) (being |be )?(await|retr[iy]|try|keep trying|continue to (try|attempt))|attempts will continue",
    r"no action is required|still queued|remains in (the|our) queue|next (delivery )?attempt",
    r"(noch|bis(lang|her)) nicht.{0,30}" + DELIVERED + r"|nog niet.{0,30}" + DELIVERED,
    r"(pas|non) encore.{0,30}" + DELIVERED + r"|non.{0,8}ancora.{0,30}" + DELIVERED,
    r"(a.n no|todav.a no|ainda n.o|jeszcze nie).{0,30}" + DELIVERED,
    r"weiter(hin)? versuch|versuch\w* es weiter|weitere (zustell)?versuche|wiederholung|wird wiederholt",
    r"wird (erneut|noch.{0,20}) ?versucht|continuer. d.essayer|r.essa[iy]er(a|ons|ont)|va r.essayer",
    r"nouvel(le)?s? tentative|continuer. a tentar|seguir. intent|continuar. a tent|blij\w+.{0,20}proberen",
)

# Text: the server does not go on.
GIVEN_UP = _any(
    r"giv(en|ing) up|permanent|no (further|more) (attempt|retr)|not (be )?(going to )?(retr|try again)",
    r"aufgegeben|endg.ltig|dauerhaft|keine weiteren|d.finiti|abandon|plus de tentative|desisti|abbandon",
)

# Text: why a mail was not delivered.
WHO = r"(user|recipient|address|mailbox|account|domain|host|addressee|person)"
REFUSED = _any(
    WHO + r"\w*\W{1,3}.{0,60}?(unknown|not (found|known|listed|exist|valid|active|recogni|a (known|valid)))",
    WHO + r"\w*\W{1,3}.{0,60}?(does ?n[o']t (exist|have)|invalid|disabled|suspended|inactive|deactivated|unavailable)",
    WHO + r"\w*\W{1,3}.{0,60}?(discontinued|over ?quota|is full|rejected|no longer)",
    r"(unknown|no such|invalid|unrouteable|bad|nonexistent|illegal) (local )?" + WHO,
    r"(mailbox|quota|inbox).{0,30}(full|exceed)|exceed\w*.{0,20}quota|over quota|too (big|large|many hops)",
    r"\bn.o (foi|pode|p.de).{0,20}entreg|(caixa|casella|buz.n|bo.te|postfach)\W.{0,60}(chei|pien|llen|plein|voll)",
    r"(no|not a) (valid )?(mailbox|user|such|recipient)|not our customer|not listed in|fatal error",
    r"permanent(ly)? (error|fail|fatal)|(delivery|transfer).{0,40}fail|failed permanently|giv(en|ing) up",
    r"unable to (deliver|relay)|(could|can) ?not be (delivered|sent|reached)|was not delivered|undeliver|did not reach",
    r"message (refused|blocked)|relay(ing)? (access )?denied",
    r"unbekannt|existiert nicht|nicht (zustell|zugestellt|vorhanden)|n'existe pas|inconnu|introuvable|n'a pas pu",
    r"no existe|desconocid|inesistente|sconosciut|non esiste|onbekend|bestaat niet|nie istnieje|inexistente",
)

# Text: a program asks the sender to prove that he is a person. Nothing has failed yet.
CHALLENGE = _any(
    r"not pre-approved|requires confirmation|challenge.response|guest list|approved sender|spam ?arrest|mailinblack",
    r"(prove|confirm|verify) (that )?you (are|sent)|(click|link).{0,60}(confirm|verify)|verify your (e-?mail )?address",
    r"best.tigen sie.{0,20}(dass|ihre (nachricht|e-?mail|adresse))|authentifiez-vous|confirmar,? clique|confirme sua",
)

# Text: here the mail that came back begins. Its words say nothing about it.
ORIGINAL = _any(
    r"^[ >*+#=~|-]*(below (this|the next) line|original (message|header)|copy of (your|the) (message|mail))",
    r"^[ >*+#=~|-]*((start|headers?) of (returned|(the )?original)|unsent message|returned (message|mail))",
    r"^[ >*+#=~|-]*(your|the) (original )?(message|mail)( text)? (follows|is following|reads)",
    r"^[ >*+#=~|-]*(included (is|below)|this is a copy|message headers? follow|the header|forwarded message)",
    r"^[ >*+#=~|-]*(urspr.ngliche|originalnachricht|message d'origine|received: (from|by) |return-path:)",
)
