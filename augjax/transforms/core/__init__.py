"""What transforms are made of: a step, what a user calls, and how a pipeline runs.

Each module imports only from those on lines above its own:

    types, arguments, factors,   names of types; arguments, their types and their bounds
    configured
    operation, motion            one step of a pipeline; where each pixel comes from
    spatial, checks, transfers   steps that move pixels; checks of what users pass; and what may
                                 go to a device
    groups, scene                which steps share a resample; an example while it is transformed
    values                       checking the values given to a pipeline
    run, plan                    running a pipeline, describing it
    transform                    `Transform`, with the methods that users call
"""
