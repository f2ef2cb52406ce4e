"""The course's own settings. `install` makes nbgrader grade with the package `grader`."""

from grader.nbgrader_plugin import install

c = get_config()  # noqa: F821 - traitlets defines it
install(c)

c.CourseDirectory.course_id = "loss_functions"
# The language of what students are told, "ja" or "en"; a notebook's metadata may name another: grader.language.
c.Course.language = "ja"
# Where you publish build/publish/, for badges that open it in Colab: https://github.com/OWNER/REPOSITORY/tree/BRANCH
c.Course.published_at = ""

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("ここに書く")'}
c.ClearSolutions.text_stub = "ここに観察を書いてください。"
