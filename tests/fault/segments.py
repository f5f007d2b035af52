"""The broker's files of a partition: what a copy that was cut short, or a host that lost power, leaves.

Only for a broker that is down.
"""
import pathlib
import shutil
import struct


def folder_of(stack, topic, partition):
    return pathlib.Path(stack.run_dir) / "kafka/data" / f"{topic}-{partition}"


def keep(folder, kept):
    """Copies the files of a partition, to be put back."""
    shutil.copytree(folder, kept)


def put_back(folder, kept):
    """The files as they were kept, with their owner."""
    owner = folder.stat()
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, owner.st_uid, owner.st_gid)


def batches(log):
    """(first offset, place in the file) of each batch of a segment."""
    found, place = [], 0
    while place + 12 <= len(log):
        offset, size = struct.unpack_from(">qi", log, place)
        found.append((offset, place))
        place += 12 + size
    return found


def cut(folder, count):
    """Cuts the last batches off the newest segment; gives the offset that is the end now."""
    segment = max(folder.glob("*.log"))
    content = segment.read_bytes()
    offset, place = batches(content)[-count]
    with open(segment, "r+b") as file:
        file.truncate(place)
    for path in (*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")):
        path.unlink()  # the broker makes them again from the segment
    return offset
