// The console over the board: the firmware on the register model, turned by the test's thread, and lines that another thread types as a script
// at the console's socket does. What the commands read is read by the reactor, which here is the test's thread, as on a board.
using System.Text;
using System.Text.Json;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Controller;
using Xunit;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed class BoardConsole : IDisposable
{
    private readonly BoardFirmware _firmware;
    private readonly ConsoleTargets _targets;

    internal BoardConsole(BoardRigOptions? options = null)
    {
        _firmware = new BoardFirmware(options);
        _targets = new ConsoleTargets(_firmware.Log, static () => { });
        _targets.Show([_firmware.Controller], [], null!);
    }

    internal BoardRig Rig => _firmware.Rig;

    internal BoardNvmeHost Host => _firmware.Host;

    internal NvmeController Controller => _firmware.Controller;

    internal void ConnectHost() => _firmware.ConnectHost();

    /// <summary>The same, and a driver that has enabled the controller and has one pair of I/O queues.</summary>
    internal BoardConsole WithDriver()
    {
        _firmware.ConnectHost();
        Host.Enable();
        Host.CreateIoQueues();
        return this;
    }

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
            _ = _firmware.Turn();
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
        _targets.Clear();
        _firmware.Dispose();
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
