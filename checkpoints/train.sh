#!/bin/sh
# Trains again the networks that come with the app, all or those named: an hour or two on a laptop.
# The weights come out the same on the same processor with the same number of threads.
set -e
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-.venv/bin/python}
NOTES=${NOTES:-}

net() {  # name, then the settings
    name=$1
    shift
    case " $WANTED " in "  " | *" $name "*) ;; *) return 0 ;; esac
    "$PYTHON" -m cnnviz train "$@" --title "$name" ${NOTES:+--notes "$NOTES"} --save "$name"
}

WANTED="$*"
FAST="--batch-size 128 --schedule one_cycle"

# The fully connected baseline: it learns its training images by heart.
net mlp-cifar10 --architecture mlp --dataset cifar10 --epochs 30 --learning-rate 0.001 $FAST
net tutorial_net-cifar10 --architecture tutorial_net --dataset cifar10 --epochs 10 --learning-rate 0.004 --flip random $FAST
# The same network without and with what helps against overfitting.
net lenet5_plain-cifar10 --architecture lenet5 --dataset cifar10 --epochs 20 --learning-rate 0.002 $FAST
net lenet5-cifar10 --architecture lenet5 --dataset cifar10 --epochs 20 --learning-rate 0.002 --flip random --crop-padding 4 --dropout 0.3 $FAST
net simplified_resnet-cifar10 --architecture simplified_resnet --dataset cifar10 --epochs 9 --optimizer sgd --nesterov --learning-rate 0.1 \
    --weight-decay 0.0005 --label-smoothing 0.1 --flip random --crop-padding 4 $FAST
net simplified_alexnet-cifar10 --architecture simplified_alexnet --dataset cifar10 --epochs 16 --learning-rate 0.001 --flip random --crop-padding 4 $FAST
net lenet5-mnist --architecture lenet5 --dataset mnist --epochs 10 --learning-rate 0.003 --crop-padding 2 $FAST
net lenet5_strided-mnist --architecture lenet5_strided --dataset mnist --epochs 10 --learning-rate 0.003 $FAST
