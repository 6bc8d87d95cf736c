"""In what the known architectures are not what they cite, in sentences for those who compare."""

from __future__ import annotations

_ADAPTIVE = "torchvision's adaptive pooling before the Linear layers is left out: at 224×224 it changes nothing."
_BOTTLENECK = "As in torchvision the step of a bottleneck is in its 3×3 convolution; the paper has it in the first 1×1."
_CIFAR = (
    "The form of the repository pytorch-cifar: the paper's network for ImageNet with a 3×3 stem of stride 1 and no pooling "
    "after it."
)
_RESNET_CIFAR = f"{_CIFAR} The paper's own networks for CIFAR-10 have 16 to 64 filters and 20 to 1,202 layers."
_RESNEXT_CIFAR = (
    "The form of the repository pytorch-cifar: a 1×1 stem, where the paper has 3×3, and fewer groups or channels than the "
    "paper's 8×64d and 16×64d."
)
_EFFICIENTNET = "As in torchvision, but without stochastic depth, which drops whole blocks in training."
_DEEP_CIFAR = f"{_RESNET_CIFAR} The step of a bottleneck is in its 3×3 convolution; the paper has it in the first 1×1."

DIFFERENCES: dict[str, str] = {
    "mlp": "The paper is about learning by backpropagation; the sizes and ReLU in place of sigmoid units are the course's.",
    "lenet5_1998": "Simplified: C3 reads all maps of S2, where the paper has a table of 60 connections (1,516 parameters "
    "instead of 2,416); S2 and S4 are plain means without coefficients and biases; tanh is not scaled to 1.7159·tanh(2x/3); "
    "the output is a Linear layer, where the paper has distances to drawn digits. The paper's network has about 60,000 parameters.",
    "lenet5": "Another network than the paper's: padded convolutions of 32 and 48 filters, ReLU and max pooling.",
    "lenet5_strided": "The paper has no Linear layers either: it ends in the means of maps.",
    "alexnet_2012": "The two halves that were on two GPUs are groups here. The input is 227×227: the paper says 224, from "
    "which its 55×55 maps do not come out.",
    "alexnet": "As torchvision has it: 256 filters in the fourth convolution, where the paper has 384. " + _ADAPTIVE,
    "simplified_alexnet": "Fewer and smaller filters, no groups and no response normalisation.",
    "simplified_resnet": "A plan of its own: one residual block for each of three widths, with pooling between them.",
    "airbench94": "The paper divides the logits by 9; here the recipe for speed makes the last layer's weights as much "
    "smaller. The recipe keeps the scales of batch normalisation at 1, as the paper does; any other training lets them learn.",
    "vgg16": _ADAPTIVE,
    "vgg16_cifar": "The form of the repository pytorch-cifar: the convolutions of the paper's network for ImageNet, each "
    "with batch normalisation, and one Linear layer in place of three.",
    **{f"resnet{depth}": _BOTTLENECK for depth in (50, 101, 152)},
    "resnet18_cifar": _RESNET_CIFAR,
    **{f"resnet{depth}_cifar": _DEEP_CIFAR for depth in (50, 101)},
    "preact_resnet18_cifar": "The form of the repository pytorch-cifar, of which the accuracy is: it ends in the last sum, "
    "without the batch normalisation and ReLU that the paper puts after it (11,171,146 parameters instead of 11,172,170).",
    "preact_resnet18_paper_cifar": "The paper's layers, with batch normalisation and ReLU after the last sum, in the plan of "
    "ResNet-18; the paper itself trains 110 layers and more on CIFAR-10.",
    **dict.fromkeys(("resnext29_32x4d_cifar", "resnext29_2x64d_cifar"), _RESNEXT_CIFAR),
    "densenet121_cifar": f"{_CIFAR} The paper's own networks for CIFAR-10 have three stages. New maps stand before the old ones.",
    "dpn92_cifar": f"{_CIFAR} Normalisation and ReLU come after each convolution, where the paper has them before, and each "
    "stage begins with fewer appended channels.",
    **{f"efficientnet_b{number}": _EFFICIENTNET for number in range(8)},
    "fcn_segmentation": "Padded by halves of the kernels, where the authors pad by 100 and crop. The deeper scores are "
    "enlarged by weights that begin at random, where theirs begin at interpolation, and scores of shallower maps are not scaled.",
}  # fmt: skip
