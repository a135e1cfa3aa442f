# One worker of the quickstart: says what it does, does nothing, and stops when asked to.
trap 'echo "worker $1: finishing"; exit 0' TERM
echo "worker $1 ($WORKER): $GREETING from $STARTED_BY"
n=0
while :; do
    n=$((n + 1))
    echo "worker $1: job $n done"
    sleep 3 &
    wait $!
done
