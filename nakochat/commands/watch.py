"""Runs -> a live page over their files while they train.  [nako watch]"""

from nakochat.core.errors import ConfigError
from nakochat.core.messages import say


def main(*run: str, host: str = "127.0.0.1", port: int = 8001) -> None:
    """Open the training room on this machine: stages, curves, samples and scores as they come.

    Parameters
    ----------
    run
        먼저 볼 실행의 이름, 여럿이면 견줍니다; 기본: 가장 새것. |
        NAME of the run to show first, several to compare them; default: the newest.
    host
        기다릴 주소. | Address to listen on.
    port
        기다릴 포트. | Port to listen on.
    """
    try:
        from nakochat.serving.watch.page import run_watch
    except ModuleNotFoundError as error:
        raise ConfigError(
            say(
                f"웹 서버에 필요한 패키지가 없습니다 ({error.name}). 설치하세요: pip install 'nakochat[serve]'",
                f"a package of the web server is missing ({error.name}). Install it: pip install 'nakochat[serve]'",
            )
        ) from error
    run_watch([name.partition("/")[0] for name in run], host=host, port=port)
