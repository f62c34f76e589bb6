"""What Vonage's error codes mean for a notification.

From its public lists: https://developer.vonage.com/en/api-errors/messages (four digits, at the end of an error's
`type`) and https://developer.vonage.com/en/api-errors/sms (1 to 15, in older answers and delivery reports).
"""

from models.notifications.outcome import Outcome

CODES = {
    Outcome.ACCOUNT: (
        "4 8 9 11 14 1060 1070 1080 1110 1140 unauthorized forbidden low-balance unprovisioned "
        "account-suspended invalid-api-key invalid-signature jwt-expired jwt-revoked"
    ),
    Outcome.DOWN: "1 5 10 13 1000 1030 1100 throttled",
    Outcome.LATER: "1180 1220 1230 1241 1360",
    Outcome.BARRED: "7 1050 1240",
    Outcome.NEVER: (
        "2 3 6 12 15 1010 1020 1021 1022 1040 1090 1120 1130 1150 1160 1170 1190 1200 1210 1250 1260 "
        "1270 1280 1290 1300 1310 1330 1340"
    ),
}
MEANING = {code: outcome for outcome, codes in CODES.items() for code in codes.split()}
