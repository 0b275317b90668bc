from __future__ import annotations

import io
import json
import tarfile
import zlib
from pathlib import Path

import pytest
from tests.data.conftest import encoded, noise

from ganbench.data.io.tar_shards import member_name, scan_shard, write_shard
from ganbench.errors import UserError

PNG = encoded(noise(0))


def tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def test_what_is_written_is_where_it_says_and_is_a_tar_file(tmp_path: Path) -> None:
    images = [encoded(noise(k, 8 + k, 9)) for k in range(3)]
    path = tmp_path / "a.tar"
    with path.open("wb") as file:
        places = write_shard(file, [(f"{k:06d}", image, k % 2) for k, image in enumerate(images)])
    content = path.read_bytes()
    for image, (offset, length, crc) in zip(images, places, strict=True):
        assert content[offset : offset + length] == image
        assert crc == zlib.crc32(image)
        assert member_name(content[offset - 512 : offset]).endswith(".png")
    with tarfile.open(path) as file_:
        assert file_.getnames() == [f"{k:06d}.{ending}" for k in range(3) for ending in ("png", "cls")]
    items, broken = scan_shard(path)
    assert [(item.offset, item.length, item.crc32) for item in items] == places
    assert [item.label for item in items] == [0, 1, 0]
    assert [item.size for item in items] == [(8, 9), (9, 9), (10, 9)]
    assert broken == []


def test_items_of_webdataset_have_endings_folders_and_labels_of_several_kinds(tmp_path: Path) -> None:
    path = tar(
        tmp_path / "a.tar",
        {
            "x/1.jpg": encoded(noise(1), "JPEG"),
            "x/1.cls": b" 7\n",
            "x/2.image.WEBP": encoded(noise(2), "WEBP"),
            "x/2.json": json.dumps({"label": "cat", "width": 8}).encode(),
            "x/2.txt": b"a caption",
            "y/2.png": encoded(noise(3, channels=1)),
        },
    )
    items, _ = scan_shard(path)
    assert [item.label for item in items] == [7, "cat", None]
    assert [item.grey for item in items] == [False, False, True]


def test_broken_images_are_named(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"1.png": PNG[:-30], "2.png": PNG, "3.png": b""})
    items, broken = scan_shard(path)
    assert len(items) == 1
    assert [name for name, _ in broken] == ["1.png in a.tar", "3.png in a.tar"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"1.txt": b"no image"}, r"the item of 1.txt in .*a.tar has 0 images"),
        ({"1.a.png": PNG, "1.b.png": PNG}, r"has 2 images, and needs one .* \(it has a.png, b.png\)"),
        ({"1.png": PNG, "1.cls": b"cat"}, r"1.cls in .*a.tar holds no class: 'cat'"),
        ({"1.png": PNG, "1.json": b"{"}, r"1.json in .*a.tar holds no class"),
    ],
)
def test_items_that_cannot_be_used_are_refused(
    tmp_path: Path, members: dict[str, bytes], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        scan_shard(tar(tmp_path / "a.tar", members))


def test_compressed_cut_and_other_files_are_refused(tmp_path: Path) -> None:
    packed = tar(tmp_path / "a.tar", {"1.png": PNG}, "w:gz")
    cut = tmp_path / "b.tar"
    cut.write_bytes(tar(tmp_path / "c.tar", {"1.png": encoded(noise(0, 40, 40))}).read_bytes()[:1500])
    other = tmp_path / "d.tar"
    other.write_bytes(b"text" * 300)
    for path in (packed, cut, other, tmp_path / "none.tar"):
        with pytest.raises(UserError, match=f"{path} is no tar file without compression, or is damaged"):
            scan_shard(path)
