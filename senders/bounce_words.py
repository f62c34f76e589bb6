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
    r"n.o.{0,15}entreg|onbestel|niet.{0,12}(bezorgd|afgeleverd)|niedor.cz|nie dostarcz|nedoru",
    r"エラー|配信不能|退信|无法送达|не доставлено|недоставлен",
)

# Subject: the reply of a program that stands in for its reader.
REPLY = _any(
    r"^(re: *)?(auto(mati(c|sche)?)?[-: ]|out of (the )?office|vacation|on (holiday|vacation|leave)|i am away|away )",
    r"^(re: *)?(abwesen|automatisch|absen|r.ponse auto|respuesta auto|risposta auto|fuera de|afwezig|nieobecn)",
    r"\(automatic response\)",
)

# Subject: the server goes on trying.
DELAY = _any(
    r"warning.{0,40}(delay|still|not.{0,10}deliver|could not)|delayed|\(delay\)|still being retried|delivery warning",
    r"verz.ger|retard|différée?|ritard|retras",
)

# Text: the server goes on trying.
WAITS = _any(
    r"warning (message )?only|(has been|is) delayed|not yet been delivered|still (being )?(awaiting|retried|trying)",
    r"will (be retried|keep trying|continue to (try|attempt))|attempts will continue|no action is required",
    r"noch nicht zugestellt|wird weiter versucht|pas encore (pu )?.tre|nouvel(le)?s? tentative",
)

# Text: why a mail was not delivered.
WHO = r"(user|recipient|address|mailbox|account|domain|host|addressee|person)"
REFUSED = _any(
    WHO + r"\w*\W{1,3}.{0,60}?(unknown|not (found|known|listed|exist|valid|active|recogni|a (known|valid)))",
    WHO + r"\w*\W{1,3}.{0,60}?(does ?n[o']t (exist|have)|invalid|disabled|suspended|inactive|deactivated|unavailable)",
    WHO + r"\w*\W{1,3}.{0,60}?(discontinued|over ?quota|is full|rejected|no longer)",
    r"(unknown|no such|invalid|unrouteable|bad|nonexistent|illegal) (local )?" + WHO,
    r"(mailbox|quota|inbox).{0,30}(full|exceed)|exceed\w*.{0,20}quota|over quota|too (big|large|many hops)",
    r"(no|not a) (valid )?(mailbox|user|such|recipient)|not our customer|not listed in|fatal error",
    r"permanent(ly)? (error|fail|fatal)|(delivery|transfer).{0,40}fail|failed permanently|giv(en|ing) up",
    r"unable to (deliver|relay)|(could|can) ?not be (delivered|sent|reached)|was not delivered|undeliver|did not reach",
    r"message (refused|blocked)|relay(ing)? (access )?denied",
    r"unbekannt|existiert nicht|nicht (zustell|zugestellt|vorhanden)|n'existe pas|inconnu|introuvable|n'a pas pu",
    r"no existe|desconocid|inesistente|sconosciut|non esiste|onbekend|bestaat niet|nie istnieje|inexistente",
)

# Text: a program asks the sender to prove that he is a person. Nothing has failed yet.
CHALLENGE = _any(
    r"not pre-approved|requires confirmation|challenge.response|guest list",
    r"(prove|confirm) (that )?you (are|sent)",
)

# Text: here the mail that came back begins. Its words say nothing about it.
ORIGINAL = _any(
    r"^[ >*+#=~|-]*(below (this|the next) line|original (message|header)|copy of (your|the) (message|mail))",
    r"^[ >*+#=~|-]*((start|headers?) of (returned|(the )?original)|unsent message|returned (message|mail))",
    r"^[ >*+#=~|-]*(your|the) (original )?(message|mail)( text)? (follows|is following|reads)",
    r"^[ >*+#=~|-]*(included (is|below)|this is a copy|message headers? follow|the header|forwarded message)",
    r"^[ >*+#=~|-]*(urspr.ngliche|originalnachricht|message d'origine|received: (from|by) |return-path:)",
)
