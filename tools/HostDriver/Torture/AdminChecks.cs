using System.Buffers.Binary;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>Admin commands with wrong opcodes, identifiers and fields, and features set and read back (NVMe Base 2.1 chapter 5).</summary>
internal static class AdminChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("admin/invalid-opcodes", InvalidOpcodes),
        new("admin/fused", Fused),
        new("admin/identify-refusals", IdentifyRefusals),
        new("admin/identify-namespace-lists", NamespaceLists),
        new("admin/log-refusals", LogRefusals),
        new("admin/log-offsets", LogOffsets),
        new("admin/error-log", ErrorLog),
        new("admin/feature-refusals", FeatureRefusals),
        new("admin/feature-round-trips", FeatureRoundTrips),
        new("admin/timestamp", Timestamp),
        new("admin/keep-alive", KeepAlive),
        new("admin/random-dwords", RandomDwords),
    ];

    private static void InvalidOpcodes(TortureContext context)
    {
        NvmeHost host = context.Host;
        byte[] effects = host.LogPage(0x05, 4096);
        int refused = 0;
        int tried = 0;
        string wrong = "";
        for (int opcode = 0; opcode < 256; opcode++)
        {
            if ((effects[4 * opcode] & 1) != 0)
            {
                continue;
            }

            tried++;
            CompletionQueueEntry entry = host.Admin(NvmeCommands.Command((byte)opcode, context.NamespaceIdentifier));
            bool right = entry.CompletionStatus.Status.Code == StatusCode.InvalidOpcode;
            refused += right ? 1 : 0;
            wrong += right || wrong.Length > 60 ? "" : $" {opcode:x2}h: {StatusText.Of(entry)}";
        }

        _ = context.Expect("admin opcodes that the effects log does not list", $"{tried} InvalidOpcode", $"{refused} InvalidOpcode{wrong}");
    }

    private static void Fused(TortureContext context)
    {
        foreach (FusedOperation fused in new[] { FusedOperation.First, FusedOperation.Second, FusedOperation.Reserved })
        {
            SubmissionQueueEntry command = NvmeCommands.GetFeatures(0x07);
            command.Cdw0 = command.Cdw0 with { FusedOperation = fused };
            context.ExpectOneOf($"FUSE {(int)fused:d}", command, context.Host.AdminQueue,
                StatusCode.InvalidField, StatusCode.AbortedMissingFused, StatusCode.AbortedFailedFused);
        }
    }

    private static SubmissionQueueEntry WithData(TortureContext context, SubmissionQueueEntry command)
    {
        command.Prp1 = context.Data.Address;
        return command;
    }

    private static void IdentifyRefusals(TortureContext context)
    {
        uint beyond = context.Space.Controller.NumberOfNamespaces + 1;
        void Refuse(string what, StatusCode code, SubmissionQueueEntry command) =>
            context.ExpectAdminStatus($"Identify {what}", code, WithData(context, command));

        foreach (byte cns in new byte[] { 0x0F, 0x1E, 0x7F, 0xFF })
        {
            Refuse($"CNS {cns:x2}h", StatusCode.InvalidField, NvmeCommands.Identify(cns, context.NamespaceIdentifier));
        }

        Refuse("namespace 0", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x00));
        Refuse("namespace NN + 1", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x00, beyond));
        Refuse("namespace FFFFFFFEh", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x00, 0xFFFFFFFE));
        Refuse("list from FFFFFFFEh", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x02, 0xFFFFFFFE));
        Refuse("list from FFFFFFFFh", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x02, 0xFFFFFFFF));
        Refuse("descriptors of FFFFFFFFh", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x03, 0xFFFFFFFF));
        Refuse("descriptors of namespace NN + 1", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x03, beyond));
        Refuse("CNS 08h of namespace NN + 1", StatusCode.InvalidNamespaceOrFormat, NvmeCommands.Identify(0x08, beyond));
        foreach (byte cns in new byte[] { 0x05, 0x06, 0x07 })
        {
            context.ExpectOneOf(
                $"Identify CNS {cns:x2}h with a command set that is not there",
                WithData(context, NvmeCommands.Identify(cns, context.NamespaceIdentifier, 0x30)),
                context.Host.AdminQueue, StatusCode.InvalidField, StatusCode.IoCommandSetNotSupported);
        }
    }

    private static void NamespaceLists(TortureContext context)
    {
        NvmeHost host = context.Host;
        byte[] all = host.Identify(0x02);
        byte[] bySet = host.Identify(0x07);
        _ = context.Expect("lists CNS 02h and 07h", "same", all.AsSpan().SequenceEqual(bySet) ? "same" : "different");
        uint last = 0;
        bool ascending = true;
        for (int i = 0; i < 4096 && BinaryPrimitives.ReadUInt32LittleEndian(all.AsSpan(i)) is not 0 and var identifier; i += 4)
        {
            ascending &= identifier > last;
            last = identifier;
        }

        _ = context.Expect("active namespaces ascend", "True", $"{ascending}");
        byte[] rest = host.Identify(0x02, last);
        _ = context.Expect("list from the last one on", "empty", rest.AsSpan().ContainsAnyExcept((byte)0) ? "not empty" : "empty");
        if (last < context.Space.Controller.NumberOfNamespaces)
        {
            byte[] inactive = host.Identify(0x00, last + 1);
            _ = context.Expect(
                "Identify of an inactive namespace", "zeros", inactive.AsSpan().ContainsAnyExcept((byte)0) ? "not zeros" : "zeros");
        }
    }

    private static void LogRefusals(TortureContext context)
    {
        void Refuse(string what, StatusCode code, SubmissionQueueEntry command) =>
            context.ExpectAdminStatus(what, code, WithData(context, command));

        foreach (byte page in new byte[] { 0x7F, 0x6F, 0xBF })
        {
            Refuse($"log page {page:x2}h", StatusCode.InvalidLogPage, NvmeCommands.GetLogPage(page, 512));
        }

        Refuse("SMART log from its end + 4", StatusCode.InvalidField, NvmeCommands.GetLogPage(0x02, 4, 516));
        Refuse("SMART log from 2^40", StatusCode.InvalidField, NvmeCommands.GetLogPage(0x02, 512, 1UL << 40));
        Refuse("effects log from 2^64 - 4", StatusCode.InvalidField, NvmeCommands.GetLogPage(0x05, 512, ulong.MaxValue - 3));
        context.ExpectOneOf(
            "offset that is not on a dword, which need not be looked at", WithData(context, NvmeCommands.GetLogPage(0x02, 16, 2)),
            context.Host.AdminQueue, StatusCode.InvalidField, StatusCode.Success);
        SubmissionQueueEntry huge = NvmeCommands.GetLogPage(0x02, 4096);
        huge.Cdw10 |= 0xFFFF0000;
        huge.Cdw11 |= 0x0000FFFF;
        context.ExpectOneOf(
            "length of 16 GiB", WithData(context, huge), context.Host.AdminQueue, StatusCode.InvalidField, StatusCode.DataTransferError);
        context.ExpectAlive();
    }

    private static void LogOffsets(TortureContext context)
    {
        foreach ((byte page, int length) in new (byte, int)[] { (0x05, 4096), (0x00, 1024), (0x03, 512) })
        {
            byte[] whole = context.Host.LogPage(page, length);
            string got = "same bytes";
            foreach (int offset in new[] { 4, 8, 100, 256, length - 4 })
            {
                byte[] part = context.Host.LogPage(page, Math.Min(64, length - offset) & ~3, (ulong)offset);
                got = part.AsSpan().SequenceEqual(whole.AsSpan(offset, part.Length)) ? got : $"other bytes from {offset} on";
            }

            _ = context.Expect($"log page {page:x2}h in parts", "same bytes", got);
        }

        HostBuffer data = context.Data.Slice(0, 8192);
        data.Bytes.Fill(0x5A);
        NvmeHost.ThrowIfError(context.Host.Admin(WithData(context, NvmeCommands.GetLogPage(0x02, 16))), "Get Log Page");
        _ = context.Expect(
            "a log read of 16 bytes writes 16 bytes", "untouched behind", data.Bytes[16..].ContainsAnyExcept((byte)0x5A)
                ? "written behind" : "untouched behind");
    }

    private static void ErrorLog(TortureContext context)
    {
        // A reset empties the log but not the count, so that one error comes first to learn where the count is.
        NvmeHost host = context.Host;
        _ = host.Execute(context.Queue, NvmeCommands.Flush(0));
        ulong before = BinaryPrimitives.ReadUInt64LittleEndian(host.LogPage(0x01, 64));
        SubmissionQueueEntry bad = context.GoodCommand(NvmOpcode.Read, 4096);
        bad.StartingLba = context.Space.BlockCount + 7;
        ushort identifier = host.Submit(context.Queue, in bad);
        CompletionQueueEntry entry = host.Wait(context.Queue, identifier);
        byte[] log = host.LogPage(0x01, 64);
        ulong after = BinaryPrimitives.ReadUInt64LittleEndian(log);
        _ = context.Expect("error count after one error", $"{before + 1}", $"{after}");
        _ = context.Expect(
            "its submission queue and command", $"1 {identifier}", $"{BitConverter.ToUInt16(log, 8)} {BitConverter.ToUInt16(log, 10)}");
        _ = context.Expect(
            "its status", $"{entry.CompletionStatus.Status.Code}", $"{new Status((ushort)(BitConverter.ToUInt16(log, 12) >> 1)).Code}");
        _ = context.Expect("its LBA", $"{context.Space.BlockCount + 7}", $"{BitConverter.ToUInt64(log, 16)}");
        _ = context.Expect("its namespace", $"{context.NamespaceIdentifier}", $"{BitConverter.ToUInt32(log, 24)}");
        byte[] smart = host.LogPage(0x02, 512);
        _ = context.Expect("SMART's number of error log entries is the error count", $"{after}", $"{BitConverter.ToUInt64(smart, 176)}");
    }

    private static void FeatureRefusals(TortureContext context)
    {
        foreach (byte feature in new byte[] { 0x00, 0x03, 0x7F, 0xBF, 0xFF })
        {
            context.ExpectAdminStatus(
                $"Get Features {feature:x2}h", StatusCode.InvalidField, WithData(context, NvmeCommands.GetFeatures(feature)));
            context.ExpectAdminStatus(
                $"Set Features {feature:x2}h", StatusCode.InvalidField, WithData(context, NvmeCommands.SetFeatures(feature, 0)));
        }

        context.ExpectAdminStatus(
            "Get Features with SEL 111b", StatusCode.InvalidField, WithData(context, NvmeCommands.GetFeatures(0x01, select: 7)));
        context.ExpectAdminStatus("power state 31", StatusCode.InvalidField, NvmeCommands.SetFeatures(0x02, 31));
        context.ExpectAdminStatus("vector configuration of vector FFFFh", StatusCode.InvalidField, NvmeCommands.SetFeatures(0x09, 0xFFFF));
        CompletionQueueEntry capabilities = context.Host.Admin(NvmeCommands.GetFeatures(0x01, select: 3));
        if (capabilities.CompletionStatus.Status.IsSuccess && (capabilities.Dword0 & 1) == 0)
        {
            context.ExpectAdminStatus(
                "save a feature that is not saveable", StatusCode.FeatureIdentifierNotSaveable,
                NvmeCommands.SetFeatures(0x01, 3, save: true));
        }
    }

    private static void FeatureRoundTrips(TortureContext context)
    {
        NvmeHost host = context.Host;
        foreach ((byte feature, string name, uint value) in new (byte, string, uint)[]
        {
            (0x01, "Arbitration", 0x00000007), (0x01, "Arbitration", 0x00000002), (0x05, "Error Recovery", 0x00000010),
            (0x08, "Interrupt Coalescing", 0x00000A07), (0x0A, "Write Atomicity Normal", 0x00000001),
                (0x0B, "Asynchronous Event Configuration", 0x00000002),
            (0x06, "Volatile Write Cache", 0x00000000), (0x06, "Volatile Write Cache", 0x00000001),
        })
        {
            if (feature == 0x06 && (context.Space.Controller.VolatileWriteCache & 1) == 0)
            {
                continue;
            }

            uint space = feature == 0x05 ? context.NamespaceIdentifier : 0;
            CompletionQueueEntry set = host.Admin(NvmeCommands.SetFeatures(feature, value, namespaceIdentifier: space));
            CompletionQueueEntry get = host.Admin(NvmeCommands.GetFeatures(feature, namespaceIdentifier: space));
            string got = set.CompletionStatus.Status.IsError ? "set: " + StatusText.Of(set) : get.CompletionStatus.Status.IsError
                ? StatusText.Of(get) : $"{get.Dword0:x8}";
            _ = context.Expect($"{feature:x2}h {name} set and read back", $"{value:x8}", got);
        }

        // A reset brings every feature that is not saved back to its default.
        CompletionQueueEntry standard = host.Admin(NvmeCommands.GetFeatures(0x08, select: 1));
        _ = host.Admin(NvmeCommands.SetFeatures(0x08, 0x0505));
        context.SetUp();
        CompletionQueueEntry after = host.Admin(NvmeCommands.GetFeatures(0x08));
        _ = context.Expect("08h Interrupt Coalescing after a reset", $"{standard.Dword0:x8}", $"{after.Dword0:x8}");
    }

    private static void Timestamp(TortureContext context)
    {
        const ulong Milliseconds = 0x0000_0180_1234_5678;
        BinaryPrimitives.WriteUInt64LittleEndian(context.Data.Bytes, Milliseconds);
        context.ExpectAdminStatus("set the timestamp", StatusCode.Success, WithData(context, NvmeCommands.SetFeatures(0x0E, 0)));
        context.Data.Bytes[..8].Clear();
        context.ExpectAdminStatus("get the timestamp", StatusCode.Success, WithData(context, NvmeCommands.GetFeatures(0x0E)));
        ulong got = BinaryPrimitives.ReadUInt64LittleEndian(context.Data.Bytes) & 0xFFFF_FFFF_FFFF;
        _ = context.Expect(
            "timestamp after it was set", $"{Milliseconds} to 5 s later", $"{got}", got >= Milliseconds && got < Milliseconds + 5000);
    }

    private static void KeepAlive(TortureContext context)
    {
        StatusCode expected = context.Space.Controller.KeepAliveSupport == 0 ? StatusCode.InvalidOpcode : StatusCode.Success;
        context.ExpectAdminStatus($"Keep Alive with KAS {context.Space.Controller.KeepAliveSupport}", expected, NvmeCommands.KeepAlive());
    }

    private static void RandomDwords(TortureContext context)
    {
        // Supported commands with random dwords; queue and event commands are left out, since they change what the check stands on.
        byte[] opcodes = [0x02, 0x06, 0x09, 0x0A, 0x18, 0x08];
        for (int turn = 0; turn < 1000; turn++)
        {
            SubmissionQueueEntry command =
                NvmeCommands.Command(
                    opcodes[context.Random.Next(opcodes.Length)], (uint)context.Random.Next(3) * context.NamespaceIdentifier);
            command.Prp1 = context.Data.Address + (ulong)(4 * context.Random.Next(1024));
            command.Prp2 = context.Data.Address + 8192;
            command.Cdw10 = (uint)context.Random.NextInt64(1L << 32) & (context.Random.Next(2) == 0 ? 0x000000FFu : 0xFFFFFFFFu);
            command.Cdw11 = context.Random.Next(2) == 0 ? 0 : (uint)context.Random.NextInt64(1L << 32);
            command.Cdw12 = context.Random.Next(2) == 0 ? 0 : (uint)context.Random.NextInt64(1L << 32);
            command.Cdw14 = context.Random.Next(2) == 0 ? 0 : (uint)context.Random.NextInt64(1L << 32);

            // A log or identify of many pages may write as far as its PRPs lead: the second entry may be a list, which is all zeros here.
            context.Data.Slice(8192, 4096).Bytes.Clear();
            _ = context.Host.Admin(command);
        }

        context.ExpectRecovery("1000 admin commands with random dwords");
    }
}
