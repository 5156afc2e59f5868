"""Many runs of one strategy: which combinations, how they are searched, what they show together.

A combination is named by its position in the full product of the values, so that nothing is
written down before it is needed. What a sweep finds is judged by the number of trials it took.
"""
