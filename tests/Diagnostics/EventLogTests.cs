using System.Globalization;
using System.Linq;
using System.Text;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Xunit;

namespace Nvmepf.Tests.Diagnostics;

public sealed class EventLogTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Records_come_out_in_order_with_times_that_do_not_go_back()
    {
        using MemoryStream output = new();
        using (EventLog log = new(output))
        {
            for (int i = 0; i < 500; i++)
            {
                log.Write("record {0} of {1:x2}", i, 255);
            }
        }

        string[] lines = Lines(output);
        Assert.Equal(500, lines.Length);
        decimal last = -1;
        for (int i = 0; i < lines.Length; i++)
        {
            Assert.EndsWith($"] nvmepf: record {i} of ff", lines[i], StringComparison.Ordinal);
            decimal time = decimal.Parse(lines[i].AsSpan(1, lines[i].IndexOf(']', StringComparison.Ordinal) - 1), CultureInfo.InvariantCulture);
            Assert.True(time >= last, lines[i]);
            last = time;
        }
    }

    [Fact]
    public void Records_come_out_without_waiting_for_the_end()
    {
        using SlowStream output = new();
        using EventLog log = new(output);
        log.Write("hello");

        Assert.True(output.Written.Wait(s_patience));
        Assert.EndsWith("nvmepf: hello\n", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_after_a_long_silence_comes_out_too()
    {
        using SlowStream output = new();
        using EventLog log = new(output);
        Thread.Sleep(700); // by then the printer looks as seldom as it does
        log.Write("hello");

        Assert.True(output.Written.Wait(s_patience));
        Assert.EndsWith("nvmepf: hello\n", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        using MemoryStream output = new(1 << 20);
        using EventLog log = new(output);
        log.Write("warm {0}", 1);
        log.WriteLimited("limited {0}", 1);
        ((IEventLog)log).Write("platform {0}", 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            log.Write("warm {0}", i);
            log.WriteLimited("limited {0}", i);
            ((IEventLog)log).Write("platform {0}", i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_log_that_nobody_takes_loses_records_and_says_how_many()
    {
        using SlowStream output = new();
        output.Gate.Reset();
        using (EventLog log = new(output))
        {
            for (int i = 0; i < 5000; i++)
            {
                log.Write("record {0}", i);
            }

            output.Gate.Set();
        }

        string[] lines = output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int lost = int.Parse(lines[^1].Split("nvmepf: ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.EndsWith(" log records were lost: the log could not be printed fast enough", lines[^1], StringComparison.Ordinal);
        Assert.InRange(lost, 1, 5000 - 1024);
        Assert.Equal(5000, lines.Length - 1 + lost);
        for (int i = 0; i < 1024; i++)
        {
            Assert.EndsWith($"nvmepf: record {i}", lines[i], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_writers_lose_nothing_and_each_keeps_its_order()
    {
        const int Each = 20_000;
        using MemoryStream output = new();
        using (EventLog log = new(output))
        {
            Thread[] writers = [Writer(log, 1, Each), Writer(log, 2, Each)];
            Array.ForEach(writers, writer => writer.Start());
            Array.ForEach(writers, writer => Assert.True(writer.Join(s_patience)));
        }

        long[] next = new long[3];
        long lost = 0;
        foreach (string line in Lines(output))
        {
            string[] words = line.Split("nvmepf: ")[1].Split(' ');
            if (words[0] != "writer")
            {
                lost += long.Parse(words[0], CultureInfo.InvariantCulture);
                continue;
            }

            int writer = int.Parse(words[1], CultureInfo.InvariantCulture);
            long number = long.Parse(words[3], CultureInfo.InvariantCulture);
            Assert.True(number >= next[writer], line);
            lost -= number - next[writer];
            next[writer] = number + 1;
        }

        // Records that are missing between those printed, and after the last, were all reported as lost.
        Assert.Equal(0, lost - (Each - next[1]) - (Each - next[2]));
    }

    [Fact]
    public void What_a_host_can_cause_at_will_is_limited()
    {
        using MemoryStream output = new();
        using (EventLog log = new(output))
        {
            for (int i = 0; i < 500; i++)
            {
                log.WriteLimited("Host wrote an invalid doorbell value");
                ((IEventLog)log).Write("vfio-user: client disconnected");
            }
        }

        string[] lines = Lines(output);
        int own = lines.Count(line => line.Contains("doorbell", StringComparison.Ordinal));

        // The bound is generous for a machine that is busy: one more line each 200 ms of the loop's time.
        Assert.InRange(own, RateLimiter.Burst, 200);
        Assert.InRange(lines.Length - own, RateLimiter.Burst, 200);
    }

    [Fact]
    public void A_stream_that_fails_does_not_end_the_process()
    {
        using SlowStream output = new() { Fails = true };
        using (EventLog log = new(output))
        {
            log.Write("one");
            Assert.True(output.Written.Wait(s_patience));
        }
    }

    [Fact]
    public void A_stream_that_blocks_for_ever_does_not_keep_the_process()
    {
        using SlowStream output = new();
        output.Gate.Reset();
        EventLog log = new(output);
        log.Write("one");
        Assert.True(output.Entered.Wait(s_patience));
        Thread end = new(log.Dispose);
        end.Start();

        Assert.True(end.Join(s_patience));
        output.Gate.Set();
        Assert.True(output.Written.Wait(s_patience));
    }

    private static Thread Writer(EventLog log, int writer, int count) => new(() =>
    {
        for (int i = 0; i < count; i++)
        {
            log.Write("writer {0} record {1}", writer, i);
            if (i % 100 == 99)
            {
                Thread.Sleep(0);
            }
        }
    });

    private static string[] Lines(MemoryStream output) =>
        Encoding.ASCII.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A stream that can be held up, or fail.</summary>
    private sealed class SlowStream : Stream
    {
        private readonly StringBuilder _text = new();

        public ManualResetEventSlim Gate { get; } = new(true);

        public ManualResetEventSlim Entered { get; } = new(false);

        public ManualResetEventSlim Written { get; } = new(false);

        public bool Fails { get; init; }

        public string Text
        {
            get
            {
                lock (_text)
                {
                    return _text.ToString();
                }
            }
        }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            Entered.Set();
            Gate.Wait();
            lock (_text)
            {
                _text.Append(Encoding.ASCII.GetString(buffer, offset, count));
            }

            Written.Set();
            if (Fails)
            {
                throw new IOException("broken");
            }
        }
    }
}
