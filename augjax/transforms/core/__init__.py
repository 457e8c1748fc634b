"""What transforms are made of: a step, what a user calls, and how a pipeline runs.

Each module imports only from those on lines above its own:

    types, arguments, factors,   names of types; arguments, their types and their bounds
    configured
    operation, motion            one step of a pipeline; where each pixel comes from
    spatial, checks              steps that move pixels; checks of what users pass
    groups, scene                which steps share a resample; an example while it is transformed
    run, plan, values            running a pipeline, describing it, checking values given to it
    transform                    `Transform`, with the methods that users call
"""
