// The console over the board: the firmware on the register model, turned by the test's thread, and lines that another thread types as a script
// at the console's socket does. What the commands read is read by the reactor, which here is the test's thread, as on a board.
using System.Text;
using System.Text.Json;
using Nvmepf.Firmware;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed class BoardConsole : IDisposable
{
    internal const int DataAt = 0x10_0000;
    private const uint BarAddress = 0x8000_0000;
    private readonly Firmware.Diagnostics.EventLog _log = new(Stream.Null);
    private readonly RamBackend _backend = new(1 << 20);
    private readonly NvmeController _controller;
    private readonly Reactor _reactor;
    private readonly ConsoleTargets _targets;
    private readonly ConsoleTargets.Attachment _attachment;

    internal BoardConsole(BoardRigOptions? options = null)
    {
        Rig = new BoardRig(options);
        _backend.Open();
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:test",
            Serial = "BOARD1",
            MaximumTransferBytes = 64 * 1024,
            TransferBuffers = 8,
            CommandSlots = 64,
            QueueEntriesMax = 64,
        };
        NvmeNamespace[] namespaces = [new NvmeNamespace(1, _backend, 512, Guid.NewGuid(), new byte[16])];
        _controller = new NvmeController(settings, Rig.Platform, new NamespaceTable(namespaces), _log);
        _reactor = new Reactor(Rig.Platform, _controller, _log, new ReactorOptions(PollMode.Busy, RingEntries: 256));
        _targets = new ConsoleTargets(_log, static () => { });
        _attachment = _targets.Attach([_controller], null!);
        _reactor.Start();
        Host = new BoardNvmeHost(Rig, Turn);
    }

    internal BoardRig Rig { get; }

    internal BoardNvmeHost Host { get; }

    internal NvmeController Controller => _controller;

    /// <summary>What a host does after link training: address, memory space, bus mastering.</summary>
    internal void ConnectHost()
    {
        Host.RunUntil(() => Rig.Soc.Host.LinkSpeed == 3, "the link trains, to its highest speed");
        Assert.Equal(TlpStatus.Success, Rig.Soc.Host.ConfigWrite(0x10, 4, BarAddress));
        Assert.Equal(TlpStatus.Success, Rig.Soc.Host.ConfigWrite(0x14, 4, 0));
        Assert.Equal(TlpStatus.Success, Rig.Soc.Host.ConfigWrite(0x04, 2, 0x0006));
        Host.RunUntil(() => Rig.Platform.IsBusMasterEnabled, "bus mastering is seen");
    }

    /// <summary>The same, and a driver that has enabled the controller and has one pair of I/O queues.</summary>
    internal BoardConsole WithDriver()
    {
        ConnectHost();
        Host.Enable();
        Host.CreateIoQueues();
        return this;
    }

    internal bool Turn() => _reactor.Turn(Rig.Platform.NowNanoseconds);

    /// <summary>Types a line and turns the firmware until it is answered.</summary>
    internal (bool IsWell, string Answer) Ask(string line)
    {
        Task<(bool IsWell, string Answer)> answer = Task.Run(() => Type(line));
        Finish(answer);
        return answer.GetAwaiter().GetResult();
    }

    /// <summary>Turns the firmware until somebody who asks it something has his answers.</summary>
    internal void Finish(Task person)
    {
        while (!person.IsCompleted)
        {
            Rig.Soc.Advance(BoardRig.TurnNanoseconds);
            _ = Turn();
        }

        person.GetAwaiter().GetResult();
    }

    /// <summary>Types a line on the calling thread, while another one turns the firmware.</summary>
    internal (bool IsWell, string Answer) Type(string line)
    {
        Lines sink = new();
        bool isWell = CommandRunner.Run(line, _targets, sink, terminal: null);
        return (isWell, sink.Text);
    }

    internal string AskWell(string line)
    {
        (bool isWell, string answer) = Ask(line);
        Assert.True(isWell, $"{line}: {answer}");
        return answer;
    }

    internal JsonElement AskJson(string line)
    {
        string answer = AskWell(line + " --json");
        using JsonDocument document = JsonDocument.Parse(answer);
        return document.RootElement.Clone();
    }

    /// <summary>What the command says of the only function.</summary>
    internal JsonElement AskFunction(string line) => AskJson(line).GetProperty("functions")[0];

    /// <summary>The fields of one register by name, as text.</summary>
    internal Dictionary<string, string> Fields(string block, string register)
    {
        Dictionary<string, string> fields = [];
        foreach (JsonElement field in AskJson($"regs {block} {register}").GetProperty("registers")[0].GetProperty("fields").EnumerateArray())
        {
            fields.Add(field.GetProperty("field").GetString()!, field.GetProperty("value").ToString());
        }

        return fields;
    }

    public void Dispose()
    {
        _attachment.Dispose();
        _reactor.Dispose();
        _controller.Dispose();
        _backend.Dispose();
        _log.Dispose();
        Rig.Dispose();
    }

    private sealed class Lines : ILineSink
    {
        private readonly StringBuilder _text = new();

        public bool IsUnread => false;

        internal string Text => _text.ToString();

        public void WriteLine(ReadOnlySpan<char> line) => _text.Append(line).Append('\n');

        public void WriteLine(ReadOnlySpan<byte> line) => _text.Append(Encoding.UTF8.GetString(line)).Append('\n');
    }
}
