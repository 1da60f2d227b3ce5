// The example for Python that is written beside exported ONNX graphs. It stands on its own: three packages, no studio.

export const pythonExample = String.raw`# Embeds a picture, a text, or both with the exported FuseLIP.
#   pip install onnxruntime numpy pillow
#   python example.py --image picture.png --text "a red circle"
import argparse
import json
import unicodedata
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image

here = Path(__file__).parent
manifest = json.loads((here / "manifest.json").read_text(encoding="utf-8"))
vocabulary = json.loads((here / manifest["text"]["vocabulary"]).read_text(encoding="utf-8"))
ids = manifest["sequence"]
merged_ids = {tuple(pair): vocabulary["firstMergedId"] + i for i, pair in enumerate(vocabulary["merges"])}
contractions = ("'re", "'ve", "'ll", "'s", "'t", "'m", "'d")


def session(name):
    return ort.InferenceSession(str(here / name), providers=["CPUExecutionProvider"])


def kind(character):
    return " " if character.isspace() else unicodedata.category(character)[0]


def split_words(text):
    """Contractions, runs of letters, single numbers, runs of anything else."""
    words, i = [], 0
    while i < len(text):
        found = next((end for end in contractions if text.startswith(end, i)), None)
        if found:
            words.append(found)
            i += len(found)
            continue
        first, j = kind(text[i]), i + 1
        if first == "L":
            while j < len(text) and kind(text[j]) == "L":
                j += 1
        elif first not in "N ":
            while j < len(text) and kind(text[j]) not in "LN ":
                j += 1
        if first != " ":
            words.append(text[i:j])
        i = j
    return words


def encode_text(text):
    """Byte-pair ids of a text, as CLIP has them. HTML entities are not unescaped here."""
    result = []
    for word in split_words(" ".join(text.split()).lower()):
        parts = [vocabulary["byteIds"][byte] for byte in word.encode("utf-8")]
        parts[-1] += vocabulary["wordEndOffset"]
        while len(parts) > 1:
            best = min(merged_ids.get(pair, 1 << 30) for pair in zip(parts, parts[1:]))
            if best == 1 << 30:
                break
            merged, i = [], 0
            while i < len(parts):
                if i + 1 < len(parts) and merged_ids.get((parts[i], parts[i + 1])) == best:
                    merged.append(best)
                    i += 2
                else:
                    merged.append(parts[i])
                    i += 1
            parts = merged
        result += parts
    return result


def encode_image(path):
    size = manifest["image"]["sizePx"]
    picture = Image.open(path).convert("RGB").resize((size, size), Image.BICUBIC)
    pixels = np.asarray(picture, dtype=np.float32)[None] / 255
    (codes,) = session(manifest["image"]["file"]).run(["codes"], {"pixels": pixels})
    return [int(code) + ids["imageOffset"] for code in codes[0]]


def embed(image=None, text=None):
    """Codes first, then the framed text; cut to the context with the end kept."""
    row = ([ids["startId"]] + (encode_text(text) if text else []) + [ids["endId"]])[: ids["contextLength"]]
    row[-1] = ids["endId"]
    if image:
        row = (encode_image(image) + row)[: ids["contextLength"]]
    if ids["endId"] not in row:
        row[-1] = ids["endId"]
    (embedding,) = session(ids["file"]).run(["embedding"], {"ids": np.asarray([row], dtype=np.int32)})
    return embedding[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--image")
    parser.add_argument("--text")
    given = parser.parse_args()
    if not given.image and not given.text:
        parser.error("give --image FILE, --text TEXT, or both")
    print(json.dumps([float(value) for value in embed(given.image, given.text)]))
`
