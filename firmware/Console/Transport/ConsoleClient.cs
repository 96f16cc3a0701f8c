using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Console.Transport;

/// <summary>
/// <c>nvmepf console [SOCKET] [-c COMMAND]</c>: the other end of the socket. With a command it prints the answer and ends with its result; without
/// one it hands the terminal through in raw mode until ^], or the firmware ends, and gives the terminal its modes back.
/// </summary>
internal static unsafe class ConsoleClient
{
    private const byte EscapeCharacter = 0x1D; // ^]
    private const long AnswerNanoseconds = 60_000_000_000;
    private const long WaitNanoseconds = 3600_000_000_000;

    /// <summary>Runs it; returns the exit status: 0 as asked, 1 the command failed or the connection broke, 2 nobody is there or wrong arguments.</summary>
    public static int Run(ReadOnlySpan<string> arguments, Stream output, Stream errors)
    {
        string socket = ConsoleService.DefaultSocket;
        string? command = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "-c" && i + 1 < arguments.Length)
            {
                command = arguments[++i];
            }
            else if (arguments[i].StartsWith('-'))
            {
                return Fail(errors, "usage: nvmepf console [SOCKET] [-c \"COMMAND [--json]\"]");
            }
            else
            {
                socket = arguments[i];
            }
        }

        socket = Directory.Exists(socket) ? Path.Join(socket, "console") : socket;
        int fd = UnixSockets.Create(SocketFlags.NonBlocking);
        int result = fd < 0 ? fd : UnixSockets.Connect(fd, socket);
        if (result < 0)
        {
            return Fail(errors, $"cannot connect to {socket}: {Errno.Describe(result)}; is the firmware running, and is that its console's socket?");
        }

        try
        {
            return command is null ? Interact(fd, socket, errors) : Ask(fd, command, output, errors);
        }
        finally
        {
            _ = Files.Close(fd);
        }
    }

    private static int Ask(int fd, string command, Stream output, Stream errors)
    {
        SendAll(fd, [Session.OneShotMark, .. System.Text.Encoding.UTF8.GetBytes(command.Replace('\n', ' ')), (byte)'\n']);
        byte[] buffer = new byte[4096];
        bool hasEnded = false;
        while (true)
        {
            int count = Receive(fd, buffer, AnswerNanoseconds);
            if (count <= 0)
            {
                return Fail(errors, "the answer was cut: the firmware has ended, or does not answer") - 1;
            }

            ReadOnlySpan<byte> part = buffer.AsSpan(0, count);
            int end = hasEnded ? 0 : part.IndexOf(Session.EndOfAnswer);
            output.Write(end < 0 ? part : part[..end]);
            output.Flush();
            if (end >= 0)
            {
                ReadOnlySpan<byte> rest = hasEnded ? part : part[(end + 1)..];
                hasEnded = true;
                if (rest.Length > 0)
                {
                    return rest[0] == '0' ? Program.Success : Program.StartFailed;
                }
            }
        }
    }

    private static int Interact(int fd, string socket, Stream errors)
    {
        bool isTerminal = Terminals.GetModes(0, out TerminalModes before) == 0;
        int result = TerminationSignals.Create(out TerminationSignals? signals);
        if (result < 0)
        {
            return Fail(errors, $"cannot wait for signals: {Errno.Describe(result)}");
        }

        using (signals)
        {
            if (isTerminal)
            {
                Say(errors, $"connected to {socket}, ^] ends\n");
                TerminalModes raw = Terminals.Raw(before);
                _ = Terminals.SetModes(0, in raw);
            }

            try
            {
                SendAll(fd, [Session.InteractiveMark]);
                Relay(fd, signals!.EventFd);
            }
            finally
            {
                if (isTerminal)
                {
                    _ = Terminals.SetModes(0, in before);
                    Say(errors, "\nconnection closed\n");
                }
            }
        }

        return Program.Success;
    }

    private static void Relay(int fd, int signalFd)
    {
        PollDescriptor[] poll = new PollDescriptor[3];
        byte[] buffer = new byte[4096];
        bool isInputOpen = true;
        while (true)
        {
            poll[0] = new PollDescriptor { Fd = isInputOpen ? 0 : -1, Events = PollEvents.In };
            poll[1] = new PollDescriptor { Fd = fd, Events = PollEvents.In };
            poll[2] = new PollDescriptor { Fd = signalFd, Events = PollEvents.In };
            _ = Events.Poll(poll, WaitNanoseconds);
            if (poll[2].Returned != PollEvents.None)
            {
                return;
            }

            if (poll[0].Returned != PollEvents.None)
            {
                int count = Read(0, buffer);
                int escape = count > 0 ? buffer.AsSpan(0, count).IndexOf(EscapeCharacter) : -1;
                SendAll(fd, buffer.AsSpan(0, escape >= 0 ? escape : Math.Max(count, 0)));
                if (escape >= 0)
                {
                    return;
                }

                if (count <= 0)
                {
                    // The end of a file that was piped in: what was asked is still answered.
                    isInputOpen = false;
                    _ = UnixSockets.Shutdown(fd, ShutdownDirection.Send);
                }
            }

            if (poll[1].Returned != PollEvents.None)
            {
                int count = Read(fd, buffer);
                if (count is 0 or (< 0 and not -Errno.EAGAIN))
                {
                    return;
                }

                WriteAll(buffer.AsSpan(0, Math.Max(count, 0)));
            }
        }
    }

    private static int Receive(int fd, byte[] buffer, long timeoutNanoseconds)
    {
        PollDescriptor poll = new() { Fd = fd, Events = PollEvents.In };
        return Events.Poll(new Span<PollDescriptor>(ref poll), timeoutNanoseconds) > 0 ? Read(fd, buffer) : 0;
    }

    private static int Read(int fd, byte[] buffer)
    {
        fixed (byte* bytes = buffer)
        {
            return (int)Files.Read(fd, bytes, (nuint)buffer.Length);
        }
    }

    private static void SendAll(int fd, ReadOnlySpan<byte> data)
    {
        const long PatienceNanoseconds = 10_000_000_000;
        while (data.Length > 0)
        {
            int sent;
            fixed (byte* bytes = data)
            {
                sent = UnixSockets.Send(fd, bytes, data.Length);
            }

            if (sent == -Errno.EAGAIN)
            {
                PollDescriptor poll = new() { Fd = fd, Events = PollEvents.Out };
                sent = Events.Poll(new Span<PollDescriptor>(ref poll), PatienceNanoseconds) > 0 ? 0 : -1;
            }

            if (sent < 0)
            {
                return; // the other side has gone; reading says so
            }

            data = data[sent..];
        }
    }

    private static void WriteAll(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            long written;
            fixed (byte* bytes = data)
            {
                written = Files.Write(1, bytes, (nuint)data.Length);
            }

            if (written < 0 && written != -Errno.EINTR)
            {
                return;
            }

            data = data[(int)Math.Max(written, 0)..];
        }
    }

    private static int Fail(Stream errors, string text)
    {
        Say(errors, $"nvmepf: {text}\n");
        return Program.WrongUsage;
    }

    private static void Say(Stream errors, string text)
    {
        errors.Write(System.Text.Encoding.ASCII.GetBytes(text));
        errors.Flush();
    }
}
