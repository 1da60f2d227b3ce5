"""The bench's worker for PyTorch: FuseLIP (arXiv 2506.03096) and TiTok's encoder (arXiv 2406.07550) written plainly, with the
fastest building blocks that PyTorch has for a CPU. Speaks the line protocol of worker.ts."""
import io
import json
import math
import os
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

START, END, MASK, TEXT_VOCABULARY = 49406, 49407, 49408, 49409
SIZES = json.loads(os.environ["FUSELIP_BENCH_SIZES"])
MASKED_SHARE = float(os.environ["FUSELIP_BENCH_MASKED_SHARE"])
COMPILE = os.environ.get("FUSELIP_BENCH_COMPILE") == "1"


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.ln_1(x)).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.c_proj(F.gelu(self.c_fc(self.ln_2(x))))


class Fuselip(nn.Module):
    def __init__(self, width, heads, layers, context, codes, imageTokens):
        super().__init__()
        vocabulary = TEXT_VOCABULARY + codes
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(context, width) * 0.01)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln_final = nn.LayerNorm(width)
        self.dense, self.dense_norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(10)))
        self.logit_bias = nn.Parameter(torch.tensor(-10.0))
        nn.init.normal_(self.tokens.weight, std=0.02)

    def encode(self, ids):
        x = self.tokens(ids) + self.positions[: ids.shape[1]]
        mask = (ids != 0)[:, None, None, :]
        for block in self.blocks:
            x = block(x, mask)
        ends = (ids == END).int().argmax(1)
        features = self.ln_final(x[torch.arange(len(ids)), ends])
        return F.normalize(features, dim=-1), x

    def predict(self, hidden, positions, labels):
        vectors = self.dense_norm(F.gelu(self.dense(hidden.flatten(0, 1)[positions])))
        return F.cross_entropy(F.linear(vectors, self.tokens.weight, self.bias), labels)

    def forward(self, left, right, cells):
        left_features, left_hidden = self.encode(left[0])
        right_features, right_hidden = self.encode(right[0])
        logits = self.logit_scale.exp() * left_features @ right_features.T + self.logit_bias
        contrastive = -F.logsigmoid(cells * logits).sum() / len(cells)
        return contrastive + 0.25 * (self.predict(left_hidden, *left[1:]) + self.predict(right_hidden, *right[1:]))


class TitokEncoder(nn.Module):
    def __init__(self, width=512, heads=8, layers=8, latents=128, token_size=12, codes=4096):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        self.first = nn.Parameter(torch.randn(1, 1, width))
        self.positions = nn.Parameter(torch.randn(257, width))
        self.latents = nn.Parameter(torch.randn(latents, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.out = nn.Linear(width, token_size)
        self.codebook = nn.Parameter(torch.randn(codes, token_size))

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(len(x), -1, -1), x], 1) + self.positions
        x = self.ln_pre(torch.cat([x, self.latents.expand(len(x), -1, -1)], 1))
        for block in self.blocks:
            x = block(x, None)
        x = self.ln_post(x[:, -len(self.latents):])
        x = x.reshape(len(x), x.shape[2], x.shape[1]).transpose(1, 2)
        latents = F.normalize(self.out(x), dim=-1)
        return torch.argmax(latents @ F.normalize(self.codebook, dim=-1).T, -1)


def side(lengths):
    """Rows of random ids, padded with 0 to the longest."""
    rows, length = len(lengths), max(lengths)
    ids = torch.randint(1, 49000, (rows, length))
    ends = torch.tensor(lengths)[:, None] - 1
    places = torch.arange(length)[None]
    ids[places.expand(rows, length) > ends] = 0
    ids[:, 0] = START
    ids.scatter_(1, ends, END)
    masked = (torch.rand(rows, length) < MASKED_SHARE) & (places > 0) & (places < ends)
    positions = masked.flatten().nonzero()[:, 0]
    labels = ids.flatten()[positions]
    return torch.where(masked, MASK, ids), positions, labels


class Photographs:
    """JPEG files of 640 x 480, read as the published pipeline reads them: shorter side to 256 (bicubic), centre, 0 to 1."""

    def __init__(self, count):
        from PIL import Image

        self.image = Image
        self.files = []
        for _ in range(count):
            coarse = Image.frombytes("RGB", (64, 48), bytes(torch.randint(0, 256, (64 * 48 * 3,), dtype=torch.uint8).tolist()))
            file = io.BytesIO()
            coarse.resize((640, 480), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
            self.files.append(file)

    def read(self, file):
        file.seek(0)
        image = self.image.open(file).convert("RGB").resize((341, 256), self.image.Resampling.BICUBIC).crop((42, 0, 298, 256))
        return torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(256, 256, 3).permute(2, 0, 1).float() / 255

    def batch(self):
        return torch.stack([self.read(file) for file in self.files])


def training(work):
    model = Fuselip(**SIZES[work["size"]])
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    plain = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}], lr=1e-4, betas=(0.9, 0.98), fused=True)
    pairs = work["pairs"]
    cells = 2 * torch.eye(pairs) - 1
    loss_of = torch.compile(model) if COMPILE else model

    def step(left, right):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(left, right, cells)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        if not math.isfinite(loss.item()):
            raise RuntimeError("the loss is not finite")

    if work["kind"] == "step":
        left, right = side([work["leftLength"]] * pairs), side([work["rightLength"]] * pairs)
        return lambda: step(left, right)

    tokenizer, photographs, lengths = TitokEncoder().eval(), Photographs(pairs), work["captionLengths"]
    batches = [lengths[pairs * index : pairs * (index + 1)] for index in range(work["batches"])]

    def run():
        for captions in batches:
            with torch.inference_mode():
                tokenizer(photographs.batch())
            step(side([work["leftLength"]] * pairs), side(captions))

    return run


def inference(model, argument):
    model.eval()
    call = torch.compile(model) if COMPILE else model

    def run():
        with torch.inference_mode():
            call(argument)

    return run


class Features(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        return self.model.encode(ids)[0]


def prepare(work):
    kind = work["kind"]
    if kind in ("step", "epoch"):
        return training(work)
    if kind == "tokenize":
        return inference(TitokEncoder(), torch.rand(work["images"], 3, 256, 256))
    if kind == "embed":
        return inference(Features(Fuselip(**SIZES[work["size"]])), side([work["length"]] * work["sides"])[0])
    matrix = torch.full((work["side"], work["side"]), 0.5)
    return lambda: matrix @ matrix


def main():
    torch.manual_seed(1)
    run = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "prepare" in request:
                torch.set_num_threads(request["threads"])
                run = prepare(request["prepare"])
                run()
                answer = {"ready": True}
            elif "run" in request:
                started, cpu = time.perf_counter(), time.process_time()
                run()
                answer = {"wallMs": 1000 * (time.perf_counter() - started), "cpuMs": 1000 * (time.process_time() - cpu)}
            else:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                answer = {"peakMiB": peak, "version": f"PyTorch {torch.__version__}"}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
