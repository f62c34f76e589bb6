"""The desk, for staff: open the post, work on dossiers, help callers.

Each view declares the right it needs (`@needs("move")`, see models/staff/rights.py); a view without one is refused to
everybody. All queries start from `g.scope` (models.Scope), so no view can load a dossier of another authority.
"""

from blueprints.desk import (
    arrivals,
    audit,
    bulk,
    dossiers,
    helpdesk,
    numbers,
    post_bag,
    returned,
    scan,
    texts,
    work_list,
)

MODULES = (arrivals, audit, bulk, dossiers, helpdesk, numbers, post_bag, returned, scan, texts, work_list)
EXEMPT_FROM_CSRF = ()
KEPT_FILTERS = {
    "desk": (
        *("status", "procedure", "due", "assignee", "sort", "page"),
        *("weeks", "authority", "who", "action", "since", "until"),
    )
}
