// What a person sees of a board at the console: registers by field, windows, DMA, interrupts, configuration space, and the link that is reset;
// each against what the model or its host knows of the same thing.
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Nvmepf.Firmware.Console;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

public sealed class ConsoleTests
{
    private const int DataAt = BoardFirmware.DataAt;
    private const uint HistoryOffset = 0x350;

    [Fact]
    public void Link_state_speed_and_width_are_those_of_the_link()
    {
        using BoardConsole console = new();
        console.ConnectHost();
        Dictionary<string, string> status = console.Fields("apb", "ltssm-status");
        Assert.Equal("L0", status["state"]);
        Assert.Equal("True", status["data-link-up"]);
        Assert.Equal($"{console.Rig.Soc.Host.LinkSpeed - 1}", status["rate-zero-based"]);
        Assert.Contains("5:0    state = L0", console.AskWell("regs apb ltssm-status"), StringComparison.Ordinal);
        Assert.Equal("L0", console.Fields("dbi", "debug0")["state"]);

        string pci = console.AskWell("pci");
        Assert.Contains($"current-link-speed = Gen{console.Rig.Soc.Host.LinkSpeed}", pci, StringComparison.Ordinal);
        Assert.Equal(TlpStatus.Success, console.Rig.Soc.Host.ConfigRead(0x82, 2, out uint linkStatus));
        Assert.Contains($"negotiated-link-width = {(linkStatus >> 4) & 0x3F}", pci, StringComparison.Ordinal);
        Assert.Equal("up", console.AskFunction("status").GetProperty("link").GetString());
        console.Rig.AssertClean();
    }

    [Fact]
    public void Configuration_space_is_the_one_that_the_host_reads()
    {
        using BoardConsole console = new BoardConsole().WithDriver();
        JsonElement rows = console.AskJson("pci raw").GetProperty("bytes");
        Assert.Equal(16, rows.GetArrayLength());
        for (int line = 0; line < 16; line++)
        {
            byte[] bytes = [.. rows[line].GetProperty("bytes").GetString()!.Split(' ').Select(text => byte.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            for (int i = 0; i < 16; i++)
            {
                Assert.Equal(TlpStatus.Success, console.Rig.Soc.Host.ConfigRead((line * 16) + i, 1, out uint seen));
                Assert.Equal(seen, bytes[i]);
            }
        }

        string[] names = [.. console.AskJson("pci").GetProperty("capabilities").EnumerateArray().Select(one => one.GetProperty("name").GetString()!)];
        Assert.Equal(["header", "power management", "msi", "pci express", "msi-x"], names[..5]);
        Assert.Contains("bus-master-enable = 1", console.AskWell("pci"), StringComparison.Ordinal);
        Assert.Equal("True", console.Fields("dbi", "command-status")["bus-master-enable"]);
    }

    [Fact]
    public void A_window_that_is_mapped_is_shown_with_its_registers_and_goes_with_its_queue()
    {
        using BoardConsole console = new BoardConsole().WithDriver();
        Assert.Equal(0, console.Host.Transfer(isWrite: true, 0, 1, DataAt)); // a window is opened for the first entry
        ulong queue = BoardHost.MemoryAddress + (ulong)BoardNvmeHost.CompletionAt(1);
        int region = RegionOf(console, queue);
        Assert.Equal("True", console.Fields("iatu", $"outbound{region}.control2")["enable"]);
        ulong target = Word(console, region, "lower-target") | (Word(console, region, "upper-target") << 32);
        JsonElement window = Windows(console).First(one => one.GetProperty("region").GetInt32() == region);
        Assert.Equal(target, Hex(window, "host"));
        Assert.InRange(queue, target, target + (window.GetProperty("kib").GetUInt64() << 10) - 1);
        Assert.Equal(Hex(window, "local"), Word(console, region, "lower-base") | (Word(console, region, "upper-base") << 32));
        Assert.Contains($"{region} {Hex(window, "local"):x9}h        {target:x16}h    65536 yes  yes", console.AskWell("windows"), StringComparison.Ordinal);

        console.Host.DeleteIoQueues();
        Assert.DoesNotContain(Windows(console), one => one.GetProperty("region").GetInt32() == region && one.GetProperty("taken").GetBoolean());
        console.Rig.AssertClean();
    }

    [Fact]
    public void Dma_counters_are_what_the_engine_has_moved()
    {
        using BoardConsole console = new BoardConsole().WithDriver();
        JsonElement before = console.AskFunction("dma");
        long modelBefore = Moved(console);
        for (int round = 0; round < 5; round++)
        {
            Assert.Equal(0, console.Host.Transfer(isWrite: true, 3, 100, DataAt));
            Assert.Equal(0, console.Host.Transfer(isWrite: false, 3, 100, DataAt + 0x10_0000));
        }

        JsonElement after = console.AskFunction("dma");
        long bytes = Difference("bytes", before, after);
        Assert.InRange(bytes, 2 * 5 * 100 * 512, long.MaxValue);
        Assert.InRange(Moved(console) - modelBefore, bytes, long.MaxValue); // entries go through windows besides
        Assert.Equal(console.Rig.Soc.Counters.ListRuns, after.GetProperty("list_runs").GetInt64());
        Assert.InRange(Difference("elements", before, after), Difference("list_runs", before, after), long.MaxValue);
        Assert.Equal(0, after.GetProperty("requests_in_flight").GetInt32());
        Assert.Equal(0, after.GetProperty("aborts").GetInt32());
        Assert.Equal("Stopped", console.Fields("edma", "read0.control1")["status"]);
        Assert.Contains($"list runs               {after.GetProperty("list_runs").GetInt64()}\n", console.AskWell("dma"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_abort_of_the_engine_is_counted()
    {
        using BoardConsole console = new BoardConsole().WithDriver();
        console.Rig.Host.AnswerBadly(BoardHost.MemoryAddress + DataAt, 4096, TlpStatus.UnsupportedRequest);
        Assert.NotEqual(0, console.Host.Transfer(isWrite: true, 0, 8, DataAt));
        console.Rig.Host.AnswerWell();
        JsonElement dma = console.AskFunction("dma");
        Assert.InRange(dma.GetProperty("aborts").GetInt32(), 1, int.MaxValue);
        Assert.Equal(0, console.Host.Transfer(isWrite: true, 0, 8, DataAt));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Msix_vectors_are_as_the_host_has_left_them(bool barInCarveOut)
    {
        using BoardConsole console = new BoardConsole(new BoardRigOptions { HasBarInCarveOut = barInCarveOut }).WithDriver();
        JsonElement irq = console.AskFunction("irq");
        Assert.Equal("msi-x", irq.GetProperty("mode").GetString());
        Assert.Equal(16, irq.GetProperty("vectors").GetArrayLength());
        Assert.Equal((true, false, false), Vector(irq, 1));
        Assert.Equal((false, true, false), Vector(irq, 9));
        Assert.Equal(console.Rig.Host.Messages.Count, irq.GetProperty("raised").GetInt32());

        uint control = Bar0Layout.MsixTable + 16 + 12;
        console.Host.Write32(control, 1);
        console.Rig.Platform.RaiseInterrupt(1);
        Assert.Equal((true, true, true), Vector(console.AskFunction("irq"), 1));
        Assert.Contains("1 yes       yes    yes", console.AskWell("irq"), StringComparison.Ordinal);
        console.Host.Write32(control, 0);
        console.Host.RunUntil(() => Vector(console.AskFunction("irq"), 1) == (true, false, false), "the vector is sent");

        Assert.Equal(TlpStatus.Success, console.Rig.Soc.Host.ConfigWrite(0xB2, 2, 0xC000));
        Assert.True(Vector(console.AskFunction("irq"), 0).IsMasked); // by the mask of the whole function
        console.Rig.AssertClean();
    }

    [Fact]
    public void Msi_and_intx_are_told_apart()
    {
        using BoardConsole console = new();
        console.ConnectHost();
        Assert.Equal("intx", console.AskFunction("irq").GetProperty("mode").GetString());
        console.Rig.Platform.RaiseInterrupt(0);
        Assert.True(console.Rig.Soc.Host.IsIntxAsserted);
        Assert.Equal((true, false, true), Vector(console.AskFunction("irq"), 0));
        Assert.Equal("True", console.Fields("apb", "message-generation")["legacy-interrupt"]);
        console.Rig.Platform.LowerInterrupt(0);
        Assert.Equal((true, false, false), Vector(console.AskFunction("irq"), 0));

        Assert.Equal(TlpStatus.Success, console.Rig.Soc.Host.ConfigWrite(0x54, 4, (uint)BoardHost.MessageAddress));
        Assert.Equal(TlpStatus.Success, console.Rig.Soc.Host.ConfigWrite(0x60, 4, 0b0100));
        Assert.Equal(TlpStatus.Success, console.Rig.Soc.Host.ConfigWrite(0x52, 2, 0x21)); // four messages
        console.Host.RunUntil(() => console.AskFunction("irq").GetProperty("mode").GetString() == "msi", "the mode is seen");
        console.Rig.Platform.RaiseInterrupt(2);
        JsonElement irq = console.AskFunction("irq");
        Assert.Equal((true, false, false), Vector(irq, 1));
        Assert.Equal((true, true, true), Vector(irq, 2));
        Assert.Equal((true, true, false), Vector(irq, 6)); // the same message
        Assert.Contains("  2 yes       yes    yes", console.AskWell("irq"), StringComparison.Ordinal);
        console.Rig.AssertClean();
    }

    [Fact]
    public void A_reset_link_lets_the_controller_fall_and_the_physical_link_stay()
    {
        using BoardConsole console = new BoardConsole().WithDriver();
        console.Rig.Handler.Events.Clear();
        Assert.Equal(0, console.Host.Transfer(isWrite: true, 7, 16, DataAt));
        Assert.Equal("True", console.Fields("nvme", "csts")["ready"]);
        long runs = console.AskFunction("dma").GetProperty("list_runs").GetInt64();
        Assert.Contains("reset", console.AskWell("link reset"), StringComparison.Ordinal);
        Assert.Equal("False", console.Fields("nvme", "csts")["ready"]);
        Assert.Equal("disabled", console.AskFunction("status").GetProperty("state").GetString());
        Assert.Equal("L0", console.Fields("apb", "ltssm-status")["state"]);
        Assert.True(console.Rig.Soc.Host.IsLinkUp);
        Assert.Equal(0u, console.Host.Read32(0x1C) & 1); // what the host sees of it

        console.Host.Enable();
        console.Host.CreateIoQueues();
        console.Rig.Host.Memory.AsSpan(DataAt, 16 * 512).Fill(0x5A);
        Assert.Equal(0, console.Host.Transfer(isWrite: true, 7, 16, DataAt));
        Assert.Equal(0, console.Host.Transfer(isWrite: false, 7, 16, DataAt + 0x10_0000));
        Assert.False(console.Rig.Host.Memory.AsSpan(DataAt + 0x10_0000, 16 * 512).ContainsAnyExcept((byte)0x5A));
        Assert.InRange(console.AskFunction("dma").GetProperty("list_runs").GetInt64(), runs + 1, long.MaxValue);
        console.Rig.AssertClean();
    }

    [Fact]
    public void Every_register_of_every_block_is_read_and_nothing_is_written()
    {
        using BoardConsole console = new BoardConsole().WithDriver();
        IRegisterTrap model = RegisterTrap.Current!;
        using BoardAccesses accesses = new(model);
        foreach (Hal.Inspection.RegisterBlock block in console.Rig.Platform.RegisterBlocks)
        {
            accesses.Clear();
            JsonElement registers = console.AskJson("regs " + block.Name).GetProperty("registers");
            string plain = console.AskWell("regs " + block.Name);
            string[] expected = [.. block.Rows.Where(row => !row.HasReadEffect).Select(row => row.Name)];
            Assert.Equal(expected, registers.EnumerateArray().Select(one => one.GetProperty("name").GetString()!));
            Assert.All(expected, name => Assert.Contains($"h {name} = ", plain, StringComparison.Ordinal));
            Assert.All(block.Rows, row => Assert.Equal(!row.HasReadEffect, accesses.Read.Contains((nuint)(block.Base + (nint)row.OffsetBytes))));
            Assert.Empty(accesses.Written);
        }

        accesses.Clear();
        foreach (string line in (string[])["windows", "dma", "irq", "pci", "pci raw", "regs", "regs nvme", "status"])
        {
            _ = console.AskWell(line);
            _ = console.AskJson(line);
        }

        Assert.Empty(accesses.Written);
        console.Rig.AssertClean();
    }

    [Fact]
    public void The_history_of_the_link_is_taken_only_by_who_names_it()
    {
        using BoardConsole console = new();
        Hal.Rk3588.ApbClient apb = new(console.Rig.Blocks.Apb);
        apb.DebugFifoMode.Write(DebugFifoMode.FromRaw(7), DebugFifoMode.FromRaw(7));
        console.ConnectHost();
        string plain = console.AskWell("regs apb");
        Assert.Contains("debug-fifo-status is left out", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("debug-fifo-status =", console.AskWell("regs apb debug"), StringComparison.Ordinal);
        Dictionary<string, string> first = console.Fields("apb", "debug-fifo-status");
        Assert.Equal(HistoryOffset, console.Rig.Platform.RegisterBlocks.First(block => block.Name == "apb").Rows.Single(row => row.HasReadEffect).OffsetBytes);
        List<string> states = [first["state"]];
        while (states[^1] != "L0" && states.Count < 65)
        {
            states.Add(console.Fields("apb", "debug-fifo-status")["state"]);
        }

        Assert.InRange(states.Count, 2, 64); // from the first state of link training on: nothing had been taken
        Assert.Equal("L0", states[^1]);
    }

    [Fact]
    public void Looking_at_everything_disturbs_no_transfer()
    {
        using BoardConsole console = new BoardConsole().WithDriver();
        string[] lines = ["regs dbi", "regs iatu", "regs edma", "regs apb", "windows", "dma", "irq", "pci", "status", "queues", "stats total"];
        int answers = 0;
        using CancellationTokenSource end = new();
        Task person = Task.Run(() =>
        {
            for (int i = 0; !end.IsCancellationRequested; i++)
            {
                (bool isWell, string answer) = console.Type(lines[i % lines.Length] + (i % 2 == 0 ? "" : " --json"));
                Assert.True(isWell, answer);
                _ = Interlocked.Increment(ref answers);
            }
        });
        Random random = new(7);
        for (int round = 0; round < 40 || (Volatile.Read(ref answers) < 3 * lines.Length && !person.IsFaulted); round++)
        {
            int blocks = random.Next(1, 129);
            random.NextBytes(console.Rig.Host.Memory.AsSpan(DataAt, blocks * 512));
            ulong lba = (ulong)random.Next(0, 1024);
            Assert.Equal(0, console.Host.Transfer(isWrite: true, lba, blocks, DataAt));
            Assert.Equal(0, console.Host.Transfer(isWrite: false, lba, blocks, DataAt + 0x10_0000));
            Span<byte> memory = console.Rig.Host.Memory;
            Assert.True(memory.Slice(DataAt, blocks * 512).SequenceEqual(memory.Slice(DataAt + 0x10_0000, blocks * 512)), $"round {round}");
        }

        end.Cancel();
        console.Finish(person);
        JsonElement dma = console.AskFunction("dma");
        Assert.All((string[])["aborts", "stalls", "silent_halts", "retries"], name => Assert.Equal(0, dma.GetProperty(name).GetInt32()));
        console.Rig.AssertClean();
        Assert.Equal(0, console.Rig.Host.StrayWrites);
    }

    private static List<JsonElement> Windows(BoardConsole console) => [.. console.AskFunction("windows").GetProperty("windows").EnumerateArray()];

    /// <summary>The region in use whose window shows an address and begins nearest to it.</summary>
    private static int RegionOf(BoardConsole console, ulong address) => Windows(console)
        .Where(one => one.GetProperty("taken").GetBoolean() && one.GetProperty("on").GetBoolean() && Hex(one, "host") <= address)
        .OrderByDescending(one => Hex(one, "host")).ThenByDescending(one => one.GetProperty("region").GetInt32())
        .First().GetProperty("region").GetInt32();

    private static ulong Hex(JsonElement element, string name) =>
        ulong.Parse(element.GetProperty(name).GetString()!.TrimEnd('h'), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ulong Word(BoardConsole console, int region, string register) =>
        Hex(console.AskJson($"regs iatu outbound{region}.{register}").GetProperty("registers")[0], "value");

    private static long Moved(BoardConsole console) => console.Rig.Soc.Counters.BytesToHost + console.Rig.Soc.Counters.BytesFromHost;

    private static long Difference(string name, JsonElement before, JsonElement after) => after.GetProperty(name).GetInt64() - before.GetProperty(name).GetInt64();

    private static (bool IsConnected, bool IsMasked, bool IsPending) Vector(JsonElement irq, int vector)
    {
        JsonElement row = irq.GetProperty("vectors")[vector];
        Assert.Equal(vector, row.GetProperty("vector").GetInt32());
        return (row.GetProperty("connected").GetBoolean(), row.GetProperty("masked").GetBoolean(), row.GetProperty("pending").GetBoolean());
    }
}
