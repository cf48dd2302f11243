"""Reads, plays and skins GLB files for the tests; it shares no code with the writer."""

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

DTYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
SIZES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass
class Glb:
    tree: dict[str, Any]
    buffer: bytes

    def array(self, number: int) -> np.ndarray:
        """(count, size) values of an accessor, after its alignment and bounds were checked."""
        accessor = self.tree["accessors"][number]
        view = self.tree["bufferViews"][accessor["bufferView"]]
        dtype, size = np.dtype(DTYPES[accessor["componentType"]]), SIZES[accessor["type"]]
        assert view["byteOffset"] % 4 == 0
        assert view["byteLength"] == accessor["count"] * size * dtype.itemsize
        assert view["byteOffset"] + view["byteLength"] <= len(self.buffer)
        flat = np.frombuffer(self.buffer, dtype, accessor["count"] * size, view["byteOffset"])
        values = flat.reshape(-1, size)
        for bound, extreme in (("min", values.min(0)), ("max", values.max(0))):
            assert accessor.get(bound, extreme.tolist()) == extreme.tolist()
        return values

    def node(self, name: str) -> int:
        (number,) = (index for index, node in enumerate(self.tree["nodes"]) if node["name"] == name)
        return number

    def channels(self, node: int) -> dict[str, tuple[np.ndarray, np.ndarray, str]]:
        """Seconds, values and interpolation of each animated property of a node."""
        (animation,) = self.tree["animations"]
        found = {}
        for channel in animation["channels"]:
            if channel["target"]["node"] == node:
                sampler = animation["samplers"][channel["sampler"]]
                times = self.array(sampler["input"])[:, 0].astype(float)
                found[channel["target"]["path"]] = (times, self.array(sampler["output"]), sampler["interpolation"])
        return found

    def vertices(self, name: str, moment: float | None) -> np.ndarray:
        """(V, 3) of a skinned mesh in the world at a time; None is the pose without animation."""
        node = self.tree["nodes"][self.node(name)]
        (primitive,) = self.tree["meshes"][node["mesh"]]["primitives"]
        skin = self.tree["skins"][node["skin"]]
        worlds = self._worlds(moment)
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
        moved = np.stack([worlds[joint] for joint in skin["joints"]]) @ inverse
        attributes = {kind: self.array(accessor) for kind, accessor in primitive["attributes"].items()}
        blend = np.einsum("vk,vkij->vij", attributes["WEIGHTS_0"], moved[attributes["JOINTS_0"]])
        return (blend @ np.c_[attributes["POSITION"], np.ones(len(blend))][..., None])[:, :3, 0]

    def placement(self, name: str, moment: float | None) -> np.ndarray:
        """(4, 4) from a node to the world at a time."""
        return self._worlds(moment)[self.node(name)]

    def _worlds(self, moment: float | None) -> dict[int, np.ndarray]:
        worlds: dict[int, np.ndarray] = {}

        def visit(number: int, above: np.ndarray) -> None:
            worlds[number] = above @ self._local(number, moment)
            for child in self.tree["nodes"][number].get("children", []):
                visit(child, worlds[number])

        for root in self.tree["scenes"][self.tree["scene"]]["nodes"]:
            visit(root, np.eye(4))
        return worlds

    def _local(self, number: int, moment: float | None) -> np.ndarray:
        node = self.tree["nodes"][number]
        parts = {path: np.array(node[path]) for path in ("translation", "rotation", "scale") if path in node}
        if moment is not None:
            for path, channel in self.channels(number).items():
                parts[path] = _sampled(path, *channel, moment)
        turn = Rotation.from_quat(parts.get("rotation", [0, 0, 0, 1])).as_matrix()
        matrix = np.eye(4)
        matrix[:3, :3] = turn * parts.get("scale", np.ones(3))
        matrix[:3, 3] = parts.get("translation", np.zeros(3))
        return matrix


def _sampled(path: str, times: np.ndarray, values: np.ndarray, interpolation: str, moment: float) -> np.ndarray:
    moment = float(np.clip(moment, times[0], times[-1]))
    if interpolation == "STEP":
        return values[np.searchsorted(times, moment, side="right") - 1]
    if len(times) == 1:
        return values[0]
    if path == "rotation":
        return Slerp(times, Rotation.from_quat(values))(moment).as_quat()
    return np.array([np.interp(moment, times, column) for column in values.T])


def read_glb(data: bytes) -> Glb:
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    assert (kind, size % 4) == (b"JSON", 0)
    tree = json.loads(data[20 : 20 + size])
    rest, kind = struct.unpack_from("<I4s", data, 20 + size)
    assert (kind, rest % 4) == (b"BIN\0", 0)
    buffer = data[28 + size :]
    assert len(buffer) == rest == tree["buffers"][0]["byteLength"]
    return Glb(tree, buffer)
