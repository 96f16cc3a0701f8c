using Nvmepf.Firmware.Reactors;
using Xunit;

namespace Nvmepf.Tests.Reactors;

/// <summary>The agreement about who may touch a share, with threads that really run side by side.</summary>
public sealed class HoldGateTests
{
    private const int LeastSeeds = 5;
    private const int MostSeeds = 50;
    private const long EnoughMilliseconds = 10_000; // on a busy machine each hold waits for the scheduler
    private const int HoldsPerSeed = 200;
    private const long DeadlineMilliseconds = 60_000;

    [Fact]
    public void A_share_runs_until_it_is_asked_for_and_stops_before_its_next_turn()
    {
        HoldGate gate = new();
        Assert.False(gate.MustWait());
        Assert.True(gate.TryRequest());
        Assert.True(gate.HasNews);
        Assert.False(gate.IsGranted);
        Assert.True(gate.MustWait());
        Assert.True(gate.IsGranted);
        Assert.True(gate.MustWait());
        gate.Release();
        Assert.False(gate.IsGranted);
        Assert.False(gate.MustWait());
        Assert.False(gate.HasNews);
    }

    [Fact]
    public void Between_two_holds_the_share_has_a_turn()
    {
        HoldGate gate = new();
        Assert.True(gate.TryRequest());
        Assert.True(gate.MustWait());
        gate.Release();
        Assert.False(gate.TryRequest());
        Assert.False(gate.IsRequested);
        Assert.False(gate.MustWait());
        Assert.True(gate.TryRequest());
    }

    [Fact]
    public void A_request_that_is_taken_back_unanswered_holds_nothing()
    {
        HoldGate gate = new();
        Assert.True(gate.TryRequest());
        gate.Release();
        Assert.False(gate.MustWait());
        Assert.True(gate.TryRequest());
        Assert.True(gate.MustWait());
        Assert.True(gate.IsGranted);
    }

    /// <summary>
    /// Owner and share write the same two plain words, which are always equal outside of a critical section: any overlap, and any store that
    /// the other side does not see, shows.
    /// </summary>
    [Fact]
    public void Owner_and_share_never_touch_the_same_thing_at_once()
    {
        long enough = Environment.TickCount64 + EnoughMilliseconds;
        for (int seed = 0; seed < MostSeeds && (seed < LeastSeeds || Environment.TickCount64 < enough); seed++)
        {
            using Pair pair = new(seed);
            pair.Hold(HoldsPerSeed);
            Assert.Equal(0, pair.TornTurns);
            Assert.True(pair.Turns >= HoldsPerSeed - 1, "the share had a turn between any two holds");
        }
    }

    [Fact]
    public async Task Two_owners_that_hold_each_other_both_get_on()
    {
        HoldGate[] gates = [new(), new()];
        int[] holds = new int[2];
        long deadline = Environment.TickCount64 + DeadlineMilliseconds;
        void Turn(int me)
        {
            // Thread i owns gate i, and polls the share behind the other one.
            while (Volatile.Read(ref holds[0]) < HoldsPerSeed || Volatile.Read(ref holds[1]) < HoldsPerSeed)
            {
                Assert.True(Environment.TickCount64 < deadline, "both go on");
                _ = gates[1 - me].MustWait();
                if (gates[me].TryRequest() && gates[me].IsGranted)
                {
                    Volatile.Write(ref holds[me], holds[me] + 1);
                    gates[me].Release();
                }
                else
                {
                    Thread.Yield();
                }
            }
        }

        Task first = Task.Factory.StartNew(() => Turn(0), TaskCreationOptions.LongRunning);
        Task second = Task.Factory.StartNew(() => Turn(1), TaskCreationOptions.LongRunning);
        await Task.WhenAll(first, second);
    }

    /// <summary>A share on a thread of its own.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly HoldGate _gate = new();
        private readonly Thread _thread;
        private readonly Random _random;
        private volatile bool _ends;
        private long _one; // plain: what is tested is that they need not be more
        private long _other;

        public Pair(int seed)
        {
            _random = new Random(seed);
            Random random = new(seed + 1);
            _thread = new Thread(() =>
            {
                while (!_ends)
                {
                    if (_gate.MustWait())
                    {
                        Thread.Yield();
                        continue;
                    }

                    Turns++;
                    TornTurns += Change(random.Next(20)) ? 0 : 1;
                }
            });
            _thread.Start();
        }

        public long Turns { get; private set; }

        public int TornTurns { get; private set; }

        public void Hold(int count)
        {
            long deadline = Environment.TickCount64 + DeadlineMilliseconds;
            int torn = 0;
            for (int i = 0; i < count;)
            {
                Assert.True(Environment.TickCount64 < deadline, "a request is answered");
                if (!_gate.TryRequest() || !_gate.IsGranted)
                {
                    Thread.Yield();
                    continue;
                }

                torn += Change(_random.Next(20)) ? 0 : 1;
                _gate.Release();
                i++;
            }

            _ends = true;
            _thread.Join();
            TornTurns += torn;
        }

        public void Dispose()
        {
            _ends = true;
            _thread.Join();
        }

        private bool Change(int pause)
        {
            bool isWhole = _one == _other;
            _one++;
            Thread.SpinWait(pause);
            _other++;
            return isWhole && _one == _other;
        }
    }
}
