"""The words by which mails that came back are told apart where they have no report, in the languages people here use.

Each pattern looks at one place: the subject, the sender's name, or what a server wrote itself. Codes are better
evidence than words; see bounce_reports.py for which counts when.
"""

import re

STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")  # RFC 3463; not a part of an IP address
CODE = re.compile(r"(?<![\d.:/@-])([45][0-5]\d)(?=[\s-])(?!-\d)")  # RFC 5321


def _answers(digit: int) -> re.Pattern[str]:
    """An answer such as 5.1.1, or 550 where an answer begins; not the number of a room or a request."""
    whole = rf"(?:^|[<>:;,(\[\"'=])[ \t]*{digit}[0-5]\d(?=[\s-])(?!-\d)"
    return re.compile(rf"(?<![\d.]){digit}\.\d{{1,3}}\.\d{{1,3}}(?![\d.])|{whole}", re.MULTILINE)


PERMANENT, POSTPONED = _answers(5), _answers(4)  # what a server said that refused for good, or for the time being


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

# Subject or text: the server goes on trying. That readers may try again themselves is said in other words.
DELIVERED = r"(zugestellt|ausgeliefert|remis|livr|distribu|d.livr|recapit|consegn|entreg|bezorgd|dostarcz|zougestallt)"
WAITS = _any(
    r"warning (message )?only|(has|have) been (delayed|deferr?ed)|is delayed|not (been )?delivered yet",
    r"not yet (been |be )?deliv|still undelivered|attempts will continue|still queued|remains in (the|our) queue",
    r"(?<!you )(still|will) (be(ing)? )?(await|retr[iy]|tr(y|ied) (again|to|for|every))|next (delivery )?attempt",
    r"(still|keeps?( on)?) trying|continue (to (try|attempt)|trying)|no action is required",
    r"(noch|bis(lang|her)) nicht.{0,30}" + DELIVERED + r"|n(och|og) niet.{0,30}" + DELIVERED,
    r"(pas|non) encore.{0,30}" + DELIVERED + r"|non.{0,8}ancora.{0,30}" + DELIVERED,
    r"(a.n no|todav.a no|ainda n.o|jeszcze nie|nach net).{0,30}" + DELIVERED,
    r"weiter(hin)? versuch|versuch(t|en)( wir)? es (noch|weiter|erneut|wieder)|wiederholung|wird wiederholt",
    r"(?<!kein )(?<!keine )(weitere|erneute)r? (zustell)?versuch|wird (erneut|weiter|noch.{0,20}) ?versucht",
    r"continuer. d.essayer|(va|vont|allons) r.essayer|r.essa[iy]er(a|ons|ont)|essa[iy]era encore",
    r"(nouvel(le)?|autre)s? (tentative|essai)|(a|ont) .t. (diff.r|retard)|prob.iert et|g.tt.{0,20}prob.iert",
    r"riprover|ritenter|riproviamo|(?<!non )verr.{1,3}ritentat|continuer. a (provare|tentare)",
    r"(nuovi|altri|ulteriori) tentativi",
    r"seguir. intent|intentar.{0,4} (de nuevo|nuevamente|otra vez)|volver. a intentar|reintentar|nuevos intentos",
    r"continuar. a tent|tentar[aáe]\w* (novamente|de novo|outra vez)|voltar. a tentar|novas tentativas|mais tentativas",
    r"blij(f|ft|ven) .{0,20}proberen|probe(ert|ren) het|wordt opnieuw geprobeerd|(nieuwe|volgende) poging",
    r"pon(awia|owi)\w{0,3} .{0,8}pr.b|b.dzie pr.bowa|(kolejn|dalsz)\w* pr.b|bude pokou.et|dal.. pokus",
    r"bliver ved med at|forts.tt\w* (at|att) f.rs.k|f.rs.ker (igen|p. nytt)",
    r"повторя\w* попыт|продолж\w+ попыт|再送|再試行|重试",
)

# Text: the server does not go on. A sentence ends at [.!?]: what the next one denies is something else.
GIVEN_UP = _any(
    r"giv(en|ing) up|permanent|no (further|more|next|other|new) (delivery )?(attempt|retr)",
    r"(not|never) (be )?(going to )?(retr|tr(y|ied) again|try to (re)?deliver)",
    r"after \d+ (delivery )?attempt|exceeded maximum|retry time(out)? exceeded|in the queue too long",
    r"aufgegeben|endg.ltig|dauerhaft|keine? (weiter|erneut|neue|wiederhol)|(nicht|ohne) (weiter|erneut|wiederhol)",
    r"(weitere|erneute|wiederholung)[^.!?]{0,40}\b(nicht|nie|unterbleib|entf.ll)|versuch\w* es nicht",
    r"d.finiti|abandon|plus de tentative|aucune? (autre |nouvel(le)? )(tentative|essai)|pas (de |d.)(autre|nouvel)",
    r"\bne (r.?essa[iy]er|sera (pas )?(r.essay|renouvel))|\bnon (riprov|ritent|verr|continuer)",
    r"\bno (se )?(reintent|volver|seguir)",
    r"desisti|abbandon|no se (har|realizar)|n.o (se )?(ser.o|haver|voltar|tentar|continuar)",
    r"niet (meer|opnieuw|langer) (\w+ )?(ge)?prob|geen (nieuwe|verdere|volgende)|blij(f|ft|ven) [^.!?]{0,12}niet",
    r"nie b.d[^.!?]{0,20}(pr.b|podejm|ponaw)|net m.i|keng weider",
    r"nebude|ikke (igen|l.ngere)|не будет повтор|再送し?ません",
)

# Text: why a mail was not delivered.
WHO = r"(user|recipient|address|mailbox|account|domain|host|addressee|person)"
REFUSED = _any(
    WHO + r"\w*\W{1,3}.{0,60}?(unknown|not (found|known|listed|exist|valid|active|recogni|a (known|valid)))",
    WHO + r"\w*\W{1,3}.{0,60}?(does ?n[o']t (exist|have)|invalid|disabled|suspended|inactive|deactivated|unavailable)",
    WHO + r"\w*\W{1,3}.{0,60}?(discontinued|over ?quota|is full|rejected|no longer)",
    r"(unknown|no such|invalid|unrouteable|bad|nonexistent|illegal) (local )?" + WHO,
    r"(mailbox|quota|inbox).{0,30}(full|exceed)|exceed\w*.{0,20}quota|over quota|too (big|large|many hops)",
    r"(caixa|casella|buz.n|bo.te|postfach)\W.{0,60}(chei|pien|llen|plein|voll)",
    r"(no|not a) (valid )?(mailbox|user|such|recipient)|not our customer|not listed in|fatal error",
    r"message (refused|blocked)|relay(ing)? (access )?denied|unable to relay|failure reasons|could.{1,4}t be found",
    r"(check|verify).{0,30}address|(wurde|konnte) nicht gefunden|pas .t. trouv|non .{1,3}stato trovat|niet gevonden",
    r"n.o foi encontrad|no (se|fue) encontr",
    r"unbekannt|existiert nicht|nicht vorhanden|n'existe pas|inconnu|introuvable|no existe|desconocid|desconhecid",
    r"inesistente|sconosciut|non esiste|onbekend|bestaat niet|nie istnieje|inexistente",
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
