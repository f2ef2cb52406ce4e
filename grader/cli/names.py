"""People's names that formgrader would run as part of its page: an LMS lets students choose them."""

from __future__ import annotations

from collections.abc import Iterable

from grader.cli.lms.model import Person
from grader.cli.lms.roster import shown
from grader.nbgrader_plugin.course import Course, Member
from grader.submission.files import ACTIVE, MISLEADING, dangerous_character, safe_name


def changed_names(people: Iterable[Person | Member]) -> list[str]:
    """A line for each person whose name the gradebook does not store as it is."""
    return [
        f"{shown(person)}: the name contains {problem}; the gradebook has {safe_name(f'{person.last} {person.first}')}"
        for person in people
        if (problem := dangerous_character(person.last + person.first, {**MISLEADING, **ACTIVE}))
    ]


def mend_names(course: Course) -> list[str]:
    """Store such names again that are in the gradebook since an earlier version. → a line for each."""
    members = [
        member for member in course.members() if safe_name(member.last + member.first) != member.last + member.first
    ]
    course.enrol(members)
    return changed_names(members)
