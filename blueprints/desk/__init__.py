"""The desk: open the post, keep the clock, help on the telephone.

Each view declares the right it needs (`@needs("move")`, of models/staff/rights.py); one that declares nothing opens to
nobody. Its modules see dossiers only through `g.scope` (models.Scope): none of them can ask for another authority's.
"""

from blueprints.desk import arrivals, audit, bulk, dossiers, helpdesk, numbers, post_bag, scan, texts, work_list

MODULES = (arrivals, audit, bulk, dossiers, helpdesk, numbers, post_bag, scan, texts, work_list)
EXEMPT_FROM_CSRF = ()
KEPT_FILTERS = {
    "desk": (
        *("status", "procedure", "due", "assignee", "sort", "page"),
        *("weeks", "authority", "who", "action", "since", "until"),
    )
}
