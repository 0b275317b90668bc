"""``ganbench plan``: its lines, its JSON, and a batch that cannot be divided."""

from __future__ import annotations

import json

from tests.support.command_line import CommandLine


def test_the_lines_say_what_the_json_says(cli: CommandLine) -> None:
    words = ["plan", "gan-ring8", "--budget", "laptop", "--hardware", "l4", "--nodes", "4", "--images", "1e8"]
    words += ["--image-kb", "2", "--stored-images", "1e6", "--price", "1.5"]
    code, out, err = cli.run(*words)
    assert code == 0, err
    lines = {line[2:16].strip(): line[17:] for line in out.splitlines()[1:]}
    assert out.splitlines()[0] == "gan-ring8 on 4 machines, 4 processes of l4"
    assert lines["batch"] == "256, 64 for each process"
    assert lines["steps"] == "390,625 for 100,000,000 images"
    assert "stated, not measured" in lines["constants"]
    assert lines["storage"] == "2 GB of images and checkpoints"
    code, out, err = cli.run(*words, "--json")
    record = json.loads(out)
    assert (record["steps"], record["processes"]) == (390625, 4)
    assert f"{record['price']:,.2f}" == lines["price"]


def test_a_batch_that_cannot_be_divided_is_one_sentence(cli: CommandLine) -> None:
    code, out, err = cli.run("plan", "gan-ring8", "--hardware", "h100", "--nodes", "100")
    assert (code, out) == (2, "")
    assert "cannot be divided among 800 processes; set schedule.batch=800" in err
