"""SageMaker's operations: a package for each group of resources, with one file per resource.

    jobs/           training jobs, processing jobs: what starts hosts
    experiments/    experiments, trials, trial components and their metrics
    serving/        models, endpoint configurations, endpoints
    registry/       model package groups and their versions
    lineage/        artifacts, actions, contexts, associations, QueryLineage
    search/         Search and GetSearchSuggestions over all of them
    tags.py         tags of anything that has an ARN

The server finds an operation by the name of its function, in any module below this package. A module whose
name begins with an underscore has no operations; any of these packages may import it. What several packages
use lies beside this file:

    _listing.py     every List operation: filters, sorts, pages
    _answered.py    members that Describe and Search always return
"""
