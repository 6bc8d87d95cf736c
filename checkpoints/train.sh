#!/bin/sh
# Trains again the networks that come with the app, all or those named: an hour or two on a laptop.
# The weights come out the same on the same processor with the same number of threads.
set -e
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}

net() {  # name, then the settings
    name=$1
    shift
    case " $WANTED " in "  " | *" $name "*) ;; *) return 0 ;; esac
    "$PYTHON" -m cnnviz train "$@" --title "$name" --save "$name"
}

WANTED="$*"
FAST="--batch-size 128 --schedule one_cycle"
CIFAR="--dataset cifar10 --held-out 5000 $FAST"  # what is held out draws the curves; the test images choose nothing

# The fully connected baseline: it learns its training images by heart.
net mlp-cifar10 --architecture mlp --epochs 30 --learning-rate 0.001 $CIFAR
net tutorial_net-cifar10 --architecture tutorial_net --epochs 10 --learning-rate 0.004 --flip random $CIFAR
# The same network without and with what helps against overfitting.
net lenet5_plain-cifar10 --architecture lenet5 --epochs 12 --learning-rate 0.002 $CIFAR
net lenet5-cifar10 --architecture lenet5 --epochs 20 --learning-rate 0.002 --flip random --crop-padding 4 --dropout 0.3 $CIFAR
net simplified_resnet-cifar10 --architecture simplified_resnet --epochs 7 --optimizer sgd --nesterov --learning-rate 0.1 \
    --weight-decay 0.0005 --label-smoothing 0.1 --flip random --crop-padding 4 $CIFAR
net simplified_alexnet-cifar10 --architecture simplified_alexnet --epochs 12 --learning-rate 0.001 --flip random --crop-padding 4 $CIFAR
net lenet5-mnist --architecture lenet5 --dataset mnist --epochs 10 --learning-rate 0.003 --crop-padding 2 $FAST
net lenet5_strided-mnist --architecture lenet5_strided --dataset mnist --epochs 10 --learning-rate 0.003 $FAST
