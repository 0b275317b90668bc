"""More than a hundred payloads that an attacker might enter in the dashboard, and the traps that detect success."""

from __future__ import annotations

from pathlib import Path

_UP = ("../", "..\\", "..%2f", "%2e%2e/", "%252e%252e%252f", "..%c0%af", "....//", "..;/", "..\x00/", "．．/")


def payloads(outside: Path) -> list[str]:
    """Return payloads that, if they worked, would read ``outside/secret`` or make ``outside/executed``."""
    secret, executed = outside / "secret", outside / "executed"
    name = outside.name
    traversals = [up * depth + f"{name}/secret" for up in _UP for depth in (1, 2, 6)]
    places = [
        str(secret),
        f"file://{secret}",
        f"//localhost{secret}",
        f"\\\\localhost\\share\\{name}",
        f"./../{name}/secret",
        f"sub/../../{name}/secret",
        f"sub/ring0/../../../{name}/secret",
        f"{secret}\x00",
        f"{secret}%00.png",
        "~",
        "~root/.ssh/id_rsa",
        "/etc/passwd",
        "/proc/self/environ",
        "/proc/self/fd/0",
        "/dev/zero",
        "/dev/stdin",
        "C:\\Windows\\win.ini",
        "con",
        ".",
        "..",
        "",
        " ",
        "/",
        "//",
        "\\",
        "*",
        "**/secret",
        "[!a]*",
        "recipe.json",
        "sub",
        "sub/ring0",
    ]
    ids = [
        "0" * 12,
        "f" * 12,
        "F" * 12,
        "0" * 11,
        "0" * 13,
        "0" * 100_000,
        "0x" + "0" * 10,
        "٠" * 12,  # digits, but not ours
        "00000000000\n",
        ",".join(["0" * 12] * 1000),
        "," * 10_000,
    ]
    commands = [
        template.format(f"touch {executed}")
        for template in (
            "; {}",
            "| {}",
            "&& {}",
            "`{}`",
            "$({})",
            "\n{}\n",
            "'; {}; '",
            '"; {}; "',
            "__import__('os').system('{}')",
            "{{{{ __import__('os').system('{}') }}}}",
            "{{% import os %}}{{{{ os.system('{}') }}}}",
            "!!python/object/apply:os.system ['{}']",
            "${{jndi:ldap://127.0.0.1/{}}}",
            "cos\nsystem\n(S'{}'\ntR.",
            "<?php system('{}') ?>",
            "--server.address=0.0.0.0 {}",
        )
    ]
    markup = [
        "<script>window.executed=1</script>",
        "</script><script>window.executed=1</script>",
        "<img src=x onerror=window.executed=1>",
        "\"><img src=x onerror='window.executed=1'>",
        "' onmouseover='window.executed=1",
        "<svg onload=window.executed=1>",
        "<iframe srcdoc='<script>parent.executed=1</script>'>",
        "<a href=javascript:window.executed=1>x</a>",
        "[x](javascript:window.executed=1)",
        "![x](http://127.0.0.1:9/x.png)",
        "<style>body{display:none}</style>",
        "<meta http-equiv=refresh content=0;url=http://127.0.0.1:9>",
        "<base href=http://127.0.0.1:9>",
        "--><script>window.executed=1</script><!--",
        "]]><script>window.executed=1</script>",
        "</title><script>window.executed=1</script>",
        "</style><script>window.executed=1</script>",
        "&lt;script&gt;window.executed=1&lt;/script&gt;",
        "\\u003cscript>window.executed=1\\u003c/script>",
        "$\\href{javascript:window.executed=1}{x}$",
        ":material/../../x:",
        ":red[**x**]",
        "# heading\n---\n",
        "x\u202eexe.gnp",
        "\ud800",
        "\ufeff\u200b",
        "a\x1b[31m\x07",
        "=cmd|' /C calc'!A0",
        "' OR 1=1 --",
        "'; DROP TABLE runs; --",
        "%s%s%s%n",
        "{0.__class__.__mro__}",
        "{self}",
        "NaN",
        "-1",
        "1e309",
        "9" * 400,
        "null",
        "true",
        "[]",
        "constructor",
        "__proto__",
    ]
    return list(dict.fromkeys([*traversals, *places, *ids, *commands, *markup]))
