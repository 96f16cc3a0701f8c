using System.Diagnostics;
using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.Suite;

/// <summary>
/// The least that waking a sleeping server can take on this machine: a message as long as that of a doorbell to a thread that waits for one and
/// answers by a store, for which the sender polls as a host does for a completion. A thread and not a process, which would not be faster.
/// </summary>
internal sealed unsafe class BareMessage : IDisposable
{
    private const int DoorbellMessageLengthBytes = 36;
    private const int LooksPerYield = 64; // as in NvmeHost.Wait
    private const long WaitNanoseconds = 100_000_000; // as long as the firmware's
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);
    private readonly int _near;
    private readonly int _far;
    private readonly Thread _answerer;
    private long _answers;

    /// <summary>Starts the thread. Throws <see cref="HostFailureException"/> where there is no pair of sockets to be had.</summary>
    internal BareMessage()
    {
        if (UnixSockets.CreatePair(SocketFlags.None, out _near, out _far) is int error and < 0)
        {
            throw new HostFailureException($"cannot create a pair of sockets: {Errno.Describe(error)}");
        }

        _answerer = new Thread(AnswerUntilClosed) { IsBackground = true, Name = "bare message" };
        _answerer.Start();
    }

    /// <summary>One message and its answer, in nanoseconds.</summary>
    internal double Exchange()
    {
        byte* message = stackalloc byte[DoorbellMessageLengthBytes];
        new Span<byte>(message, DoorbellMessageLengthBytes).Clear();
        long before = Volatile.Read(ref _answers);
        Deadline deadline = Deadline.After(s_timeout);
        long start = Stopwatch.GetTimestamp();
        int sent = UnixSockets.Send(_near, message, DoorbellMessageLengthBytes);
        for (int look = 1; sent == DoorbellMessageLengthBytes && Volatile.Read(ref _answers) == before; look++)
        {
            if (look % LooksPerYield != 0)
            {
                continue;
            }

            if (deadline.Passed)
            {
                throw new HostFailureException($"a bare message was not answered within {s_timeout.TotalSeconds:0} s");
            }

            Thread.Sleep(0);
        }

        return sent == DoorbellMessageLengthBytes
            ? Stopwatch.GetElapsedTime(start).TotalNanoseconds
            : throw new HostFailureException($"a bare message was not sent: {Errno.Describe(sent)}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = UnixSockets.Shutdown(_near, ShutdownDirection.Both);
        _answerer.Join();
        _ = Files.Close(_near);
        _ = Files.Close(_far);
    }

    private void AnswerUntilClosed()
    {
        byte* message = stackalloc byte[DoorbellMessageLengthBytes];
        Span<PollDescriptor> wait = stackalloc PollDescriptor[1];
        int received;
        do
        {
            int ready;
            do
            {
                wait[0] = new PollDescriptor { Fd = _far, Events = PollEvents.In };
                ready = Events.Poll(wait, WaitNanoseconds);
            }
            while (ready is 0 or -Errno.EINTR);

            received = UnixSockets.Receive(_far, message, DoorbellMessageLengthBytes, null, 0, out _, out _);
            Volatile.Write(ref _answers, _answers + 1);
        }
        while (received > 0);
    }
}
