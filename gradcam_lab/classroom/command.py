"""The command ``gradcam-lab``, also ``python -m gradcam_lab``: its words and their order.

Each function below imports what it needs when it runs, so that ``--help`` answers at once.
"""

import argparse
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from gradcam_lab._language import mark, say
from gradcam_lab.classroom.links import UNKNOWN_HUB, describe_links

FILES = ("vgg16", "mnist")
INTERRUPTED = 130  # the exit code of what Ctrl-C has ended


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = make_parser().parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print(f"\n{say(options.when_stopped)}", file=sys.stderr)
        return INTERRUPTED


def make_parser() -> argparse.ArgumentParser:
    """Return what understands the command line."""
    parser = argparse.ArgumentParser(
        "gradcam-lab", description=say("Grad-CAM lessons: setting up.")
    )
    parser.set_defaults(when_stopped=mark("stopped"))
    commands = parser.add_subparsers(required=True, metavar=say("command"))

    prefetch = commands.add_parser("prefetch", help=say("download files before a lesson begins"))
    prefetch.add_argument(
        "files", nargs="*", type=file_name, default=FILES, metavar="FILE", help="vgg16, mnist"
    )
    prefetch.add_argument("--to", type=folder, metavar="DIR", help=say("default: Keras's cache"))
    prefetch.set_defaults(
        run=run_prefetch,
        when_stopped=mark("stopped; what has arrived is kept: run it again to go on"),
    )

    doctor = commands.add_parser(
        "doctor", help=say("look for faults, and say what to do about each")
    )
    doctor.set_defaults(run=run_doctor)

    lessons = commands.add_parser(
        "lessons", help=say("put the lessons into a folder, and open them")
    )
    lessons.add_argument(
        "folder",
        nargs="?",
        type=folder,
        default="gradcam_lessons",
        metavar="DIR",
        help=say("default: gradcam_lessons; what is there already stays as it is"),
    )
    lessons.add_argument(
        "--language", type=language, default="en", help=say("such as ko; default: en")
    )
    lessons.add_argument(
        "--student", action="store_true", help=say("without solutions and results")
    )
    lessons.add_argument(
        "--no-open", dest="open", action="store_false", help=say("do not open them")
    )
    lessons.set_defaults(run=run_lessons)

    links = commands.add_parser("links", help=say("print the links that open a fork's lessons"))
    links.add_argument("repository", type=repository, metavar="OWNER/REPO", help=say("on GitHub"))
    links.add_argument("--branch", default="main", help=say("default: main"))
    links.add_argument("--hub", default=UNKNOWN_HUB, help=say("your JupyterHub's address"))
    links.set_defaults(run=run_links)

    release = commands.add_parser(
        "release", help=say("write the lessons for students, and for grading")
    )
    release.add_argument("folder", type=folder, metavar="DIR", help=say("a new folder"))
    release.add_argument("--language", type=language, default="en", help=say("default: en"))
    release.add_argument("--teacher", action="store_true", help=say("the lessons with notes, too"))
    release.add_argument("--nbgrader", action="store_true", help=say("a course for nbgrader, too"))
    release.set_defaults(run=run_release)
    return parser


def file_name(text: str) -> str:
    """Accept what can be downloaded, and nothing else."""
    if text not in FILES:  # `choices` would refuse that there is no name at all
        raise argparse.ArgumentTypeError(
            say("{text!r} is not one of: {files}", text=text, files=", ".join(FILES))
        )
    return text


def folder(text: str) -> Path:
    """Return a folder's whole path: what is printed of it must hold from everywhere."""
    return Path(text).expanduser().resolve()


def language(text: str) -> str:
    """Accept a language that the lessons are there in, and nothing else."""
    from gradcam_lab.classroom.lessons import lesson_files

    try:
        lesson_files(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def repository(text: str) -> str:
    """Accept an owner and a name on GitHub, and nothing else."""
    if not re.fullmatch(r"[A-Za-z0-9-]+/(?!\.\.?$)[A-Za-z0-9._-]+", text):
        raise argparse.ArgumentTypeError(say("{text!r} is not of the form OWNER/REPO", text=text))
    return text


def run_prefetch(options: argparse.Namespace) -> int:
    """Download what is named; 1 where something is unavailable."""
    from gradcam_lab._offline import keras_cache
    from gradcam_lab.pretrained.downloads import DownloadError
    from gradcam_lab.pretrained.weights import DOWNLOADS, WeightsUnavailable

    failures = 0
    for name in options.files:
        try:
            print(f"{name}: {DOWNLOADS[name](options.to or keras_cache())}")
        except (DownloadError, WeightsUnavailable) as error:
            print(f"{name}: {error}", file=sys.stderr)
            failures += 1
    if options.to and not failures:
        if "vgg16" in options.files:
            print(
                say(
                    "Kernels find VGG16 with GRADCAM_LAB_WEIGHTS={folder} (may be read-only).",
                    folder=options.to,
                )
            )
        print(
            say(
                "Keras finds what is there with KERAS_HOME={folder} (it wants to write there).",
                folder=options.to,
            )
        )
    return 1 if failures else 0


def run_doctor(options: argparse.Namespace) -> int:
    """Print what is found; 1 where there is a fault."""
    from gradcam_lab.classroom.doctor import examine

    return examine()


def run_lessons(options: argparse.Namespace) -> int:
    """Put the lessons into a folder and open them; 1 where there is no JupyterLab for it."""
    from gradcam_lab.classroom.lessons import lesson_files, open_lessons, put_lessons

    needed = ["nbformat", "ipykernel", *(["jupyterlab"] if options.open else [])]
    if missing := [name for name in needed if find_spec(name) is None]:
        remedy = "pip install 'gradcam-lab[lab]'"
        print(f"not in this environment: {', '.join(missing)}. {remedy}", file=sys.stderr)
        return 1
    version = None
    if options.student:
        from gradcam_lab.classroom.versions import student_version

        version = student_version
    put = put_lessons(options.folder, options.language, version)
    known = len(lesson_files(options.language))
    print(f"{options.folder}: {len(put)} of {known} lessons are new; what was there is as it was.")
    if options.open:
        open_lessons(options.folder, options.language)
    return 0


def run_links(options: argparse.Namespace) -> int:
    """Print the links of every lesson."""
    print(describe_links(options.repository, options.branch, options.hub))
    return 0


def run_release(options: argparse.Namespace) -> int:
    """Write the versions of the lessons; 1 where that cannot be."""
    from gradcam_lab.classroom.release import release

    try:
        files = release(
            options.folder, options.language, teacher=options.teacher, nbgrader=options.nbgrader
        )
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(str(options.folder / file) for file in files))
    return 0
