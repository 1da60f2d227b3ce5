"""FuseLIP (arXiv 2506.03096) and TiTok (arXiv 2406.07550) in PyTorch, with the parameter names of published checkpoints, so
that `load_state_dict(strict=True)` accepts them. Written from the papers and from docs/decisions, not from the engine: what
both agree on is not one misreading made twice. `golden.py` holds it to values of the public code."""
import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

START, END, MASK, TEXT_VOCABULARY = 49406, 49407, 49408, 49409


class Block(nn.Module):
    """Pre-norm transformer block; [B, L, D] in and out."""

    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(OrderedDict(c_fc=nn.Linear(width, 4 * width), gelu=nn.GELU(), c_proj=nn.Linear(4 * width, width)))

    def forward(self, x, padding=None):
        h = self.ln_1(x)
        x = x + self.attn(h, h, h, key_padding_mask=padding, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class Vision(nn.Module):
    """What TiTok's encoder and decoder share: class token, 256 patches and the latent tokens behind them."""

    def __init__(self, width, layers, heads, latents):
        super().__init__()
        scale = width ** -0.5
        self.class_embedding = nn.Parameter(scale * torch.randn(1, width))
        self.positional_embedding = nn.Parameter(scale * torch.randn(257, width))
        self.latent_token_positional_embedding = nn.Parameter(scale * torch.randn(latents, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = nn.ModuleList(Block(width, heads) for _ in range(layers))

    def run(self, patches, latents):
        first = self.class_embedding.expand(len(patches), 1, -1)
        x = torch.cat([first, patches], 1) + self.positional_embedding
        x = torch.cat([x, latents + self.latent_token_positional_embedding], 1)
        x = self.ln_pre(x)
        for block in self.transformer:
            x = block(x)
        return x


class Encoder(Vision):
    def __init__(self, width, layers, heads, latents, token_size, is_legacy):
        super().__init__(width, layers, heads, latents)
        self.patch_embed = nn.Conv2d(3, width, 16, 16)
        self.conv_out = nn.Conv2d(width, token_size, 1)
        self.is_legacy = is_legacy

    def forward(self, images, latent_tokens):
        patches = self.patch_embed(images).flatten(2).transpose(1, 2)
        x = self.run(patches, latent_tokens.expand(len(images), -1, -1))
        x = self.ln_post(x[:, 257:])  # [B, latents, W]
        batch, latents, width = x.shape
        # The legacy kind reads the same memory as W channels of `latents` positions.
        x = x.reshape(batch, width, latents, 1) if self.is_legacy else x.transpose(1, 2).unsqueeze(-1)
        return self.conv_out(x)[..., 0].transpose(1, 2)  # [B, latents, token size]


class Decoder(Vision):
    def __init__(self, width, layers, heads, latents, token_size, is_legacy):
        super().__init__(width, layers, heads, latents)
        self.decoder_embed = nn.Linear(token_size, width)
        self.mask_token = nn.Parameter(width ** -0.5 * torch.randn(1, 1, width))
        if is_legacy:
            self.ffn = nn.Sequential(nn.Conv2d(width, 2 * width, 1), nn.Tanh(), nn.Conv2d(2 * width, 1024, 1))
        else:
            self.ffn = nn.Sequential(nn.Conv2d(width, 768, 1))
            self.conv_out = nn.Conv2d(3, 3, 3, padding=1)
        self.is_legacy = is_legacy

    def forward(self, tokens):
        patches = self.mask_token.expand(len(tokens), 256, -1)
        x = self.ln_post(self.run(patches, self.decoder_embed(tokens))[:, 1:257])
        x = self.ffn(x.transpose(1, 2).reshape(len(x), -1, 16, 16))
        if self.is_legacy:
            return x
        x = x.view(len(x), 16, 16, 3, 16, 16).permute(0, 3, 4, 1, 5, 2)  # (p1 p2 c) h w -> c (h p1) (w p2)
        return self.conv_out(x.reshape(len(x), 3, 256, 256))


class Residual(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(32, channels, eps=1e-6), nn.GroupNorm(32, out, eps=1e-6)
        self.conv1 = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        if channels != out:
            self.nin_shortcut = nn.Conv2d(out, out, 1, bias=False)

    def forward(self, x):
        h = self.conv2(F.silu(self.norm2(self.conv1(F.silu(self.norm1(x))))))
        # A quirk of the published code: the residual is made from the block's output.
        return h + (self.nin_shortcut(h) if hasattr(self, "nin_shortcut") else x)


class Level(nn.Module):
    def __init__(self, channels, out, has_upsampling):
        super().__init__()
        self.block = nn.ModuleList([Residual(channels, out), Residual(out, out)])
        if has_upsampling:
            self.upsample_conv = nn.Conv2d(out, out, 3, padding=1)

    def forward(self, x):
        for block in self.block:
            x = block(x)
        return self.upsample_conv(F.interpolate(x, scale_factor=2.0, mode="nearest")) if hasattr(self, "upsample_conv") else x


class PixelDecoder(nn.Module):
    def __init__(self, base, channels):
        super().__init__()
        widths = [base * multiple for multiple in (1, 1, 2, 2, 4)]
        self.conv_in = nn.Conv2d(channels, widths[-1], 3, padding=1)
        self.mid = nn.ModuleList([Residual(widths[-1], widths[-1]) for _ in range(2)])
        inputs = [*widths[1:], widths[-1]]
        self.up = nn.ModuleList(Level(inputs[i], widths[i], i > 0) for i in range(5))
        self.norm_out = nn.GroupNorm(32, base, eps=1e-6)
        self.conv_out = nn.Conv2d(base, 3, 3, padding=1)

    def forward(self, x):
        x = self.conv_in(x)
        for block in self.mid:
            x = block(x)
        for level in reversed(self.up):
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Codebook(nn.Module):
    def __init__(self, codes, size):
        super().__init__()
        self.embedding = nn.Embedding(codes, size)
        nn.init.normal_(self.embedding.weight)


class Titok(nn.Module):
    """`sizes`: encoder and decoder as (width, layers, heads), latents, codes, token_size, is_legacy, is_normalised, and for the
    legacy kind pixel_base and pixel_channels."""

    def __init__(self, sizes, has_decoder=True):
        super().__init__()
        latents, token_size, is_legacy = sizes["latents"], sizes["token_size"], sizes["is_legacy"]
        self.is_normalised, self.is_legacy = sizes["is_normalised"], is_legacy
        self.encoder = Encoder(*sizes["encoder"], latents, token_size, is_legacy)
        width = sizes["encoder"][0]
        self.latent_tokens = nn.Parameter(width ** -0.5 * torch.randn(latents, width))
        self.quantize = Codebook(sizes["codes"], token_size)
        if not has_decoder:
            return
        self.decoder = Decoder(*sizes["decoder"], latents, token_size, is_legacy)
        if is_legacy:
            self.pixel_quantize = Codebook(1024, sizes["pixel_channels"])
            self.pixel_decoder = PixelDecoder(sizes["pixel_base"], sizes["pixel_channels"])

    def latents(self, images):
        """[B, latents, token size], not normalised."""
        return self.encoder(images, self.latent_tokens)

    def vectors(self):
        weight = self.quantize.embedding.weight
        return F.normalize(weight, dim=-1) if self.is_normalised else weight

    def distances(self, images):
        """[B, latents, codes]"""
        x = self.latents(images)
        return torch.cdist(F.normalize(x, dim=-1) if self.is_normalised else x, self.vectors()[None].expand(len(images), -1, -1))

    def encode(self, images):
        """[B, 3, 256, 256] in 0…1 -> codes [B, latents]."""
        return self.distances(images).argmin(-1)

    def decode(self, codes):
        """codes [B, latents] -> pixels [B, 3, 256, 256], before clamping."""
        x = self.decoder(self.vectors()[codes])
        if not self.is_legacy:
            return x
        soft = x.softmax(1)  # [B, 1024, 16, 16]
        return self.pixel_decoder(torch.einsum("bkhw,kd->bdhw", soft, self.pixel_quantize.embedding.weight))


class MaskHead(nn.Module):
    def __init__(self, width, embedding):
        super().__init__()
        self.dense, self.layer_norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.decoder = nn.Linear(width, len(embedding.weight), bias=False)
        self.decoder.weight = embedding.weight
        self.bias = nn.Parameter(torch.zeros(len(embedding.weight)))

    def forward(self, x):
        return self.decoder(self.layer_norm(F.gelu(self.dense(x)))) + self.bias


class Transformer(nn.Module):
    def __init__(self, width, heads, layers):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads) for _ in range(layers))


class ImageTokenizer(nn.Module):
    """A FuseLIP carries the half of its tokenizer that makes codes."""

    def __init__(self, sizes):
        super().__init__()
        self.model = Titok(sizes, has_decoder=False)


class Fuselip(nn.Module):
    def __init__(self, width, heads, layers, context, titok):
        super().__init__()
        vocabulary = TEXT_VOCABULARY + titok["codes"]
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(0.01 * torch.randn(context, width))
        self.transformer = Transformer(width, heads, layers)
        self.ln_final = nn.LayerNorm(width)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(10)))
        self.logit_bias = nn.Parameter(torch.tensor(-10.0))
        self.mask_prediction_head = MaskHead(width, self.token_embedding)
        self.image_tokenizer = ImageTokenizer(titok)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        for block in self.transformer.resblocks:
            nn.init.normal_(block.attn.in_proj_weight, std=width ** -0.5)
            nn.init.normal_(block.attn.out_proj.weight, std=width ** -0.5 * (2 * layers) ** -0.5)
            nn.init.normal_(block.mlp.c_fc.weight, std=(2 * width) ** -0.5)
            nn.init.normal_(block.mlp.c_proj.weight, std=width ** -0.5 * (2 * layers) ** -0.5)

    def hidden(self, ids):
        """ids [B, L] -> output of the last block [B, L, D], before ln_final."""
        x = self.token_embedding(ids) + self.positional_embedding[: ids.shape[1]]
        for block in self.transformer.resblocks:
            x = block(x, ids == 0)
        return x

    def features(self, ids, hidden=None):
        """L2-normalised vector at the first end of text, [B, D]."""
        hidden = self.hidden(ids) if hidden is None else hidden
        ends = (ids == END).int().argmax(1)
        return F.normalize(self.ln_final(hidden[torch.arange(len(ids)), ends]), dim=-1)

    def loss(self, left, right, left_labels, right_labels, mask_weight=0.25):
        """ids with their masks in, labels -100 where nothing is hidden. @returns (contrastive, mmm)"""
        hidden = [self.hidden(ids) for ids in (left, right)]
        x, y = (self.features(ids, h) for ids, h in zip((left, right), hidden))
        logits = self.logit_scale.exp() * x @ y.T + self.logit_bias
        contrastive = -F.logsigmoid((2 * torch.eye(len(x)) - 1) * logits).sum() / len(x)
        mmm = sum(F.cross_entropy(self.mask_prediction_head(h[labels != -100]), labels[labels != -100]) for h, labels in zip(hidden, (left_labels, right_labels)) if (labels != -100).any())
        return contrastive, mmm
