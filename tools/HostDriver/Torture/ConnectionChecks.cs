using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>
/// The vfio-user protocol itself under a hostile or dying client. After each, a fresh client must find everything in order.
/// </summary>
internal static class ConnectionChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("connection/unknown-command", UnknownCommand),
        new("connection/short-payloads", ShortPayloads),
        new("connection/bad-irqs", BadInterrupts),
        new("connection/framing", Framing),
        new("connection/cut-at-every-byte", CutAtEveryByte),
        new("connection/dies-under-io", DiesUnderIo),
        new("connection/second-client", SecondClient),
        new("connection/random-messages", RandomMessages),
        new("connection/fds-everywhere", DescriptorsEverywhere),
        new("connection/posted-writes", PostedWrites),
        new("connection/pipelined", Pipelined),
    ];

    private static string Outcome(Action action)
    {
        try
        {
            action();
            return "taken";
        }
        catch (VfioUserException exception) when (exception.ErrorNumber != 0)
        {
            return "refused";
        }
    }

    private static void UnknownCommand(TortureContext context)
    {
        foreach (ushort command in new ushort[] { 0, 11, 12, 14, 17, 18, 19, 0x7777, 0xFFFF })
        {
            _ = context.Expect(
                $"command {command}", "refused", Outcome(() => context.Host.Client.Request((VfioUserCommand)command, new byte[32])));
        }

        _ = context.Expect(
            "DEVICE_FEATURE", "refused", Outcome(() => context.Host.Client.Request(VfioUserCommand.DeviceFeature, new byte[16])));
        _ = context.Expect(
            "a second VERSION", "refused", Outcome(() => context.Host.Client.Request(VfioUserCommand.Version, [0, 0, 1, 0])));
        context.ExpectAlive();
    }

    private static void ShortPayloads(TortureContext context)
    {
        foreach (VfioUserCommand command in new[]
        {
            VfioUserCommand.DmaMap, VfioUserCommand.DmaUnmap, VfioUserCommand.DeviceGetInfo, VfioUserCommand.DeviceGetRegionInfo,
            VfioUserCommand.DeviceGetIrqInfo, VfioUserCommand.DeviceSetIrqs, VfioUserCommand.RegionRead, VfioUserCommand.RegionWrite,
        })
        {
            foreach (int length in new[] { 0, 1, 7, 15 })
            {
                string got = Outcome(() => context.Host.Client.Request(command, new byte[length]));
                if (got != "refused" || length == 0)
                {
                    _ = context.Expect($"{command} with a payload of {length} bytes", "refused", got);
                }
            }
        }

        context.ExpectAlive();
    }

    private static void BadInterrupts(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        int vectors = client.InterruptCount(2);
        int fd = Events.Create(0, EventFlags.NonBlocking);
        void Refuse(string what, Action action) => context.Expect(what, "refused", Outcome(action));

        _ = context.Expect("MSI-X interrupts and the table agree", $"{context.Host.Function.MsixTableSize()}", $"{vectors}");
        Refuse("SET_IRQS of index 77", () => client.SetInterrupts(77, 0x24, 0, 1, [fd]));
        Refuse("SET_IRQS past the last vector", () => client.SetInterrupts(2, 0x24, vectors, 1, [fd]));
        Refuse("SET_IRQS with a count that wraps", () => client.SetInterrupts(2, 0x24, 1, -1, [fd]));
        Refuse("SET_IRQS of two vectors with one descriptor", () => client.SetInterrupts(2, 0x24, 0, 2, [fd]));
        Refuse("SET_IRQS with two actions", () => client.SetInterrupts(2, 0x3C, 0, 1, [fd]));
        Refuse("SET_IRQS with no action", () => client.SetInterrupts(2, 0x04, 0, 1, [fd]));
        if (vectors > 0)
        {
            _ = context.Expect("SET_IRQS that takes descriptors away", "taken", Outcome(() => client.SetInterrupts(2, 0x24, 0, 1)));
        }

        _ = context.Expect(
            "SET_IRQS that disables INTx, which is not enabled", "taken", Outcome(() => client.SetInterrupts(0, 0x21, 0, 0)));
        _ = Files.Close(fd);
        context.ExpectAlive();
    }

    /// <summary>Connects without negotiating, sends bytes, and gives the server a moment to close.</summary>
    private static bool SendAndClose(TortureContext context, ReadOnlySpan<byte> bytes, int waitMilliseconds)
    {
        using VfioUserSocket socket = VfioUserSocket.Connect(Path.Combine(context.Directory, "cntrl"), Deadline.AfterMilliseconds(5000));
        try
        {
            socket.SendRaw(bytes, default, Deadline.AfterMilliseconds(5000));
        }
        catch (VfioUserException)
        {
            return true;
        }

        return waitMilliseconds > 0 && socket.WaitForClose(Deadline.AfterMilliseconds(waitMilliseconds));
    }

    private static byte[] VersionMessage()
    {
        byte[] message = new byte[20];
        new VfioUserHeader(1, VfioUserCommand.Version, 20, VfioUserFlags.Command, 0).WriteTo(message);
        message[18] = 1;
        return message;
    }

    private static void Framing(TortureContext context)
    {
        context.Host.Client.Dispose();
        byte[] message = VersionMessage();
        foreach (uint length in new[] { 0u, 15u, 1u << 31, uint.MaxValue })
        {
            (VfioUserHeader.ReadFrom(message) with { LengthBytes = length }).WriteTo(message);
            _ = context.Expect($"a header of length {length}", "closed", SendAndClose(context, message, 3000) ? "closed" : "left open");
        }

        (VfioUserHeader.ReadFrom(message) with { LengthBytes = 20, Command = VfioUserCommand.DeviceGetInfo }).WriteTo(message);
        _ = context.Expect("a first message that is not VERSION", "closed", SendAndClose(context, message, 3000) ? "closed" : "left open");
        byte[] version = VersionMessage();
        version[16] = 9;
        _ = context.Expect("major version 9", "closed", SendAndClose(context, version, 3000) ? "closed" : "left open");
        context.Reconnect();
        context.ExpectAlive("for the next client");
    }

    private static void CutAtEveryByte(TortureContext context)
    {
        context.Host.Client.Dispose();
        byte[] message = VersionMessage();
        for (int length = 0; length <= message.Length; length++)
        {
            _ = SendAndClose(context, message.AsSpan(0, length), 0);
        }

        context.Reconnect();
        context.ExpectAlive("after clients that died at every byte of VERSION");
        for (int length = 1; length < 48; length += 5)
        {
            byte[] map = new byte[48];
            new VfioUserHeader(9, VfioUserCommand.DmaMap, 48, VfioUserFlags.Command, 0).WriteTo(map);
            context.Host.Client.Socket.SendRaw(map.AsSpan(0, length), default, Deadline.AfterMilliseconds(5000));
            context.Reconnect();
        }

        context.ExpectAlive("after clients that died inside DMA_MAP with the controller enabled");
    }

    private static void DiesUnderIo(TortureContext context)
    {
        for (int turn = 0; turn < 20; turn++)
        {
            int length = Math.Min(1 << context.Random.Next(9, 20), context.Space.TransferLengthMaxBytes);
            for (int i = 0; i < 50; i++)
            {
                _ = context.Host.Push(context.Queue, context.GoodCommand(i % 2 == 0 ? NvmOpcode.Write : NvmOpcode.Read, length));
            }

            context.Queue.RingTail();
            if (context.Random.Next(2) == 0)
            {
                Thread.Sleep(context.Random.Next(4));
            }

            context.Reconnect();
        }

        context.ExpectRecovery("20 clients that died with 50 commands under way");
    }

    private static void SecondClient(TortureContext context)
    {
        string got;
        using (VfioUserSocket second = VfioUserSocket.Connect(Path.Combine(context.Directory, "cntrl"), Deadline.AfterMilliseconds(5000)))
        {
            try
            {
                second.SendRaw(VersionMessage(), default, Deadline.AfterMilliseconds(2000));
                got = second.Receive(Deadline.AfterMilliseconds(2000)).IsError ? "turned away" : "served";
            }
            catch (VfioUserException)
            {
                got = "turned away";
            }
        }

        _ = context.Expect("a second client beside the first", "turned away", got);
        context.ExpectAlive("for the first client");
    }

    private static void RandomMessages(TortureContext context)
    {
        int connections = 0;
        for (int turn = 0; turn < 400; turn++)
        {
            byte[] payload = new byte[context.Random.Next(4) == 0 ? context.Random.Next(300) : 16 + (8 * context.Random.Next(4))];
            context.Random.NextBytes(payload);
            if (context.Random.Next(2) == 0)
            {
                payload.AsSpan().Clear();
                BitConverter.TryWriteBytes(payload, payload.Length);
            }

            // VERSION, maps and unmaps of real memory would change what the check stands on: their commands are left out.
            var command = (VfioUserCommand)new[] { 4, 5, 6, 7, 8, 9, 16, 15, 99 }[context.Random.Next(9)];
            try
            {
                VfioUserMessage reply = context.Host.Client.Request(command, payload);
                foreach (int fd in reply.FileDescriptors)
                {
                    _ = Files.Close(fd);
                }
            }
            catch (VfioUserException exception) when (exception.ErrorNumber != 0)
            {
                // Refused in good order.
            }
            catch (VfioUserException)
            {
                connections++;
                context.Reconnect();
            }
        }

        _ = context.Expect("connections lost over 400 random messages that are framed well", "0", $"{connections}");
        context.ExpectRecovery("random messages");
    }

    private static void DescriptorsEverywhere(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        int[] fds = new int[8];
        for (int i = 0; i < fds.Length; i++)
        {
            fds[i] = Events.Create(0, EventFlags.NonBlocking);
        }

        byte[] info = new byte[16];
        info[0] = 16;
        for (int turn = 0; turn < 500; turn++)
        {
            _ = Outcome(() => client.Request(VfioUserCommand.DeviceGetInfo, info, fds));
            _ = Outcome(() => client.Request(VfioUserCommand.DeviceGetIrqInfo, info, fds));
        }

        foreach (int fd in fds)
        {
            _ = Files.Close(fd);
        }

        context.ExpectAlive("after 8000 file descriptors that nobody asked for");
    }

    private static void PostedWrites(TortureContext context)
    {
        for (int i = 0; i < 2000; i++)
        {
            context.Host.Client.Write32(RegionInfo.Bar0, 0x0C, 0, posted: true);
        }

        _ = context.Expect("CAP after 2000 posted writes", $"{context.Host.Capabilities.Raw:x16}", $"{context.Host.ReadRegister64(0):x16}");
        context.Host.Client.Write32(RegionInfo.Bar0, ulong.MaxValue - 3, 0, posted: true);
        context.ExpectAlive("after a posted write out of range, which must not be answered");
    }

    private static void Pipelined(TortureContext context)
    {
        const int Count = 200;
        VfioUserSocket socket = context.Host.Client.Socket;
        byte[] batch = new byte[Count * 32];
        for (int i = 0; i < Count; i++)
        {
            Span<byte> message = batch.AsSpan(32 * i, 32);
            new VfioUserHeader((ushort)(1000 + i), VfioUserCommand.RegionRead, 32, VfioUserFlags.Command, 0).WriteTo(message);
            message[28] = 4;
        }

        socket.SendRaw(batch, default, Deadline.AfterMilliseconds(5000));
        int inOrder = 0;
        for (int i = 0; i < Count; i++)
        {
            inOrder += socket.Receive(Deadline.AfterMilliseconds(5000)).Header.MessageId == 1000 + i ? 1 : 0;
        }

        _ = context.Expect($"replies to {Count} requests sent in one piece, in order", $"{Count}", $"{inOrder}");
        context.ExpectAlive();
    }
}
