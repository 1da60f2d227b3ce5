"""The other side of fullSize.test.ts, one command at a time; answers with one line of JSON.

  golden FOLDER            holds modules.py to the values of the public code
  make SIZE FOLDER         writes a checkpoint of published size with random weights, and what it computes (expected.safetensors)
  make-titok SIZE FOLDER   the same for the whole image tokenizer, decoder included
  strict FOLDER EXPECTED   loads an exported checkpoint with strict=True and computes the same again
"""
import json
import resource
import sys

import torch
from safetensors.torch import load_file, save_file

from modules import END, MASK, START, Fuselip, Titok

TITOK_S = dict(encoder=(512, 8, 8), decoder=(512, 8, 8), latents=128, codes=4096, token_size=12, is_legacy=True, is_normalised=True, pixel_base=128, pixel_channels=256)
TITOK_B = dict(encoder=(768, 12, 12), decoder=(1024, 24, 16), latents=128, codes=8192, token_size=64, is_legacy=False, is_normalised=False)
SIZES = {
    "small": dict(width=384, heads=6, layers=12, context=180, titok=TITOK_S),
    "base": dict(width=512, heads=8, layers=12, context=180, titok=TITOK_B),
}


def config_of(name, sizes):
    return {
        "model_name": "fuse-clip-titok",
        "text_config": dict(context_length=sizes["context"], vocab_size=49409 + sizes["titok"]["codes"], width=sizes["width"], heads=sizes["heads"], layers=sizes["layers"],
                            mlp_ratio=4.0, ls_init_value=None, no_causal_mask=True, pad_id=0, proj_bias=False, output_tokens=False, pool_type="eot"),
        "mask_pad": True, "image_tokenizer": "titok-s" if sizes["titok"]["is_legacy"] else "titok-b", "use_eoi": False, "context_length": sizes["context"],
        "transformer_size": name, "mlm_probability": 0.1, "rand_repl_probability": 0.0,
    }


def difference(found, expected):
    return ((found - expected).abs().max() / expected.abs().max()).item()


def inputs_of(sizes):
    """Pictures and rows of ids that are the same in every call: two sides of each of four forms, and a masked batch of four."""
    random = torch.Generator().manual_seed(7)
    context, titok = sizes["context"], sizes["titok"]
    images = torch.randint(0, 256, (2, 256, 256, 3), generator=random, dtype=torch.uint8)
    codes = torch.randint(0, titok["codes"], (4, titok["latents"]), generator=random) + 49409
    words = torch.randint(1, 49406, (4, 24), generator=random)
    edge = torch.tensor([[START], [END]]).expand(2, 4)[:, :, None]
    image_rows = torch.cat([codes, edge[0], edge[1]], 1)
    text_rows = torch.cat([edge[0], words, edge[1]], 1)
    both_rows = torch.cat([codes, text_rows], 1)
    rows = {"image": image_rows, "text": text_rows, "both": both_rows}
    masked, labels = {}, {}
    for name in ("both", "text"):
        ids = rows[name].clone()
        hidden = torch.rand(ids.shape, generator=random) < 0.1
        hidden &= (ids != END) & (ids != 49409)
        labels[name] = torch.where(hidden, ids, torch.tensor(-100))
        ids[hidden] = MASK
        masked[name] = ids
    return images, rows, masked, labels


def compute(model, sizes):
    images, rows, masked, labels = inputs_of(sizes)
    titok = model.image_tokenizer.model
    answer = {"images": images}
    with torch.inference_mode():
        pixels = images.permute(0, 3, 1, 2).float() / 255
        answer["latents"] = titok.latents(pixels)
        answer["codes"] = titok.encode(pixels).int()
        best = titok.distances(pixels).topk(2, largest=False).values
        answer["margins"] = (best[..., 1] - best[..., 0]) / best[..., 0]
        for name, ids in rows.items():
            answer[f"ids.{name}"] = ids.int()
            answer[f"features.{name}"] = model.features(ids)
    contrastive, mmm = model.loss(masked["both"], masked["text"], labels["both"], labels["text"])
    (contrastive + 0.25 * mmm).backward()
    answer["contrastive"], answer["mmm"] = contrastive.detach().reshape(1), mmm.detach().reshape(1)
    for side, name in (("left", "both"), ("right", "text")):
        answer[f"{side}.masked"], answer[f"{side}.labels"] = masked[name].int(), labels[name].int()
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            answer[f"norm.{name}"] = parameter.grad.norm().reshape(1)
    return {name: tensor.contiguous() for name, tensor in answer.items()}


def make_titok(name, folder):
    torch.manual_seed(4)
    sizes = SIZES[name]["titok"]
    model = Titok(sizes).eval()
    pixels = inputs_of(SIZES[name])[0].permute(0, 3, 1, 2).float() / 255
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, f"{folder}/model.safetensors")
    vq_model = dict(codebook_size=sizes["codes"], token_size=sizes["token_size"], use_l2_norm=sizes["is_normalised"], commitment_cost=0.25, vit_enc_patch_size=16, vit_dec_patch_size=16,
                    num_latent_tokens=sizes["latents"], finetune_decoder=sizes["is_legacy"], is_legacy=sizes["is_legacy"],
                    vit_enc_model_size="small" if sizes["is_legacy"] else "base", vit_dec_model_size="small" if sizes["is_legacy"] else "large")
    with open(f"{folder}/config.json", "w") as file:
        json.dump({"model": {"vq_model": vq_model}, "dataset": {"preprocessing": {"crop_size": 256}}}, file)
    with torch.inference_mode():
        latents, codes = model.latents(pixels), model.encode(pixels)
        drawn = torch.nn.functional.avg_pool2d(model.decode(codes), 4)
    save_file({"latents": latents.contiguous(), "codes": codes.int().contiguous(), "drawn": drawn.contiguous()}, f"{folder}/expected.safetensors")
    return {"parameters": sum(p.numel() for p in model.parameters())}


def make(name, folder):
    torch.manual_seed(3)
    sizes = SIZES[name]
    model = Fuselip(**sizes).eval()
    torch.save(model.state_dict(), f"{folder}/pytorch_model.bin")
    with open(f"{folder}/config.json", "w") as file:
        json.dump(config_of(name, sizes), file)
    save_file(compute(model, sizes), f"{folder}/expected.safetensors")
    trained = sum(p.numel() for n, p in model.named_parameters() if not n.startswith("image_tokenizer"))
    return {"parameters": trained, "tokenizerParameters": sum(p.numel() for p in model.image_tokenizer.parameters())}


def strict(folder, expected_path):
    config = json.load(open(f"{folder}/config.json"))
    sizes = SIZES[config["transformer_size"]]
    assert config == config_of(config["transformer_size"], sizes), f"another config.json: {config}"
    model = Fuselip(**sizes).eval()
    state = torch.load(f"{folder}/pytorch_model.bin", weights_only=True)
    model.load_state_dict(state, strict=True)
    expected = load_file(expected_path)
    found = compute(model, sizes)
    assert torch.equal(found["codes"], expected["codes"]), "other codes"
    return {name: difference(found[name], expected[name]) for name in ("features.image", "features.text", "features.both", "contrastive", "mmm")}


def golden(folder):
    values = load_file(f"{folder}/golden.safetensors")
    images = values["images.resized_u8"].permute(0, 3, 1, 2).float() / 255
    worst = {}
    for kind, titok in (
        ("s", dict(encoder=(64, 2, 2), decoder=(64, 2, 2), latents=32, codes=256, token_size=12, is_legacy=True, is_normalised=True, pixel_base=32, pixel_channels=32)),
        ("b", dict(encoder=(96, 3, 3), decoder=(64, 2, 2), latents=32, codes=512, token_size=16, is_legacy=False, is_normalised=False)),
    ):
        model = Titok(titok).eval()
        model.load_state_dict(load_file(f"{folder}/titok-{kind}/model.safetensors"), strict=True)
        with torch.inference_mode():
            assert torch.equal(model.encode(images), values[f"titok_{kind}.codes"].long()), "other codes"
            drawn = torch.nn.functional.avg_pool2d(model.decode(values[f"titok_{kind}.codes"].long()), 4)
        worst[f"reconstruction.{kind}"] = difference(drawn, values[f"titok_{kind}.reconstruction_64"])
    small = dict(encoder=(64, 2, 2), decoder=(64, 2, 2), latents=32, codes=256, token_size=12, is_legacy=True, is_normalised=True, pixel_base=32, pixel_channels=32)
    model = Fuselip(width=32, heads=2, layers=2, context=64, titok=small).eval()
    model.load_state_dict(torch.load(f"{folder}/fuselip/pytorch_model.bin", weights_only=True), strict=True)
    with torch.inference_mode():
        for form in ("image", "text", "both", "mixed"):
            worst[f"features.{form}"] = difference(model.features(values[f"ids.{form}"].long()), values[f"features.{form}"])
    side = lambda which, what: values[f"step0.{which}.{what}"].long()
    contrastive, mmm = model.loss(side("left", "masked_ids"), side("right", "masked_ids"), side("left", "labels"), side("right", "labels"))
    expected = json.load(open(f"{folder}/golden.json"))["step0"]
    worst["contrastive"] = abs(contrastive.item() / expected["contrastive"] - 1)
    worst["mmm"] = abs(0.25 * mmm.item() / expected["mmm_weighted"] - 1)
    return worst


def main():
    torch.set_num_threads(2)
    answer = {"golden": golden, "make": make, "make-titok": make_titok, "strict": strict}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({**answer, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


main()
