"""A split and the condition of its pictures: `valid.gain-double` is `valid` under `gain-double`."""


def split_of(split: str) -> str:
    """The split without its condition.

    Example:
        >>> split_of("valid.gain-double"), split_of("valid")
        ('valid', 'valid')
    """
    return split.partition(".")[0]


def condition_of(split: str) -> str | None:
    """The condition of a split, if it has one.

    Example:
        >>> condition_of("valid.gain-double"), condition_of("valid")
        ('gain-double', None)
    """
    return split.partition(".")[2] or None


def name_split(split: str, condition: str | None) -> str:
    """A split with its condition, as it stands in paths.

    Example:
        >>> name_split("valid", "gain-double"), name_split("valid", None)
        ('valid.gain-double', 'valid')
    """
    return split if condition is None else f"{split}.{condition}"
