# The environment that grades, for a container (docs/not-linux.md). Of the course it contains what `pip` needs, no check
# and no solution: the course is mounted when the container runs.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap make python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /course
COPY Makefile README.md LICENSE pyproject.toml constraints.txt ./
COPY grader/__init__.py grader/
RUN make VENV=/opt/grader /opt/grader/ready
# -o: do not set up the environment again because the course was cloned after the image was built.
CMD ["make", "-o", "/opt/grader/ready", "grade", "VENV=/opt/grader"]
